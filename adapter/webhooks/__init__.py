"""Reports and flags as signed JSON to any HTTP address of the site."""
