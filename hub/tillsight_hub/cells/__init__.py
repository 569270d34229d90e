"""Small cells: what may be told, of days, of hours and of hours of the week."""
