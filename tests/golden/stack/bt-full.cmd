bt full
