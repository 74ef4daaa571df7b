"a${null}"
