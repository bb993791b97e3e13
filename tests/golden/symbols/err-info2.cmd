info zz
