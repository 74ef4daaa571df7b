toString { __toString = self: self.nothing; }
