{ apple = 1; }.appel
