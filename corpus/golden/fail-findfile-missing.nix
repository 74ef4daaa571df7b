<firnix-nowhere/x>
