"""Forms of the desk: described once, read with bounds, shown with every problem at its field, and never losing a word.

`fields` says what a form is made of, `typed` holds what stands in it, `answers` reads that as values, `placing` finds
the field that a problem is of, `views` makes what templates/components/edit.html draws, and `sheet` does all that a
page with such a form does: opening, adding rows, looking up, keeping, saving, and telling two people of each other.
"""
