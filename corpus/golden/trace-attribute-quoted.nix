{ a."no name".if = throw "x"; }.a."no name"."if"
