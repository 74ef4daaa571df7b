({ yak }: yak) { yak = 1; "no name" = 2; }
