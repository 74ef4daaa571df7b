{ inherit (nowhere); }
