heap &alice
