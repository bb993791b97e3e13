refs &alice
