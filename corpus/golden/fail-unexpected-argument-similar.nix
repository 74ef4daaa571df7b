let f = { apple, pear ? 1 }: apple; in f { apple = 1; paer = 2; }
