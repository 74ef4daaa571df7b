[ (nowhere or) ]
