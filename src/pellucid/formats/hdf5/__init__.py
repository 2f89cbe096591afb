"""HDF5 read by ourselves: the part of the format that holds a network's weights, and nothing else.

The HDF5 library was written for trusted files. Of 10,000 damaged copies of a 24 KB weights file it hung on 20 and took
up to 4 GB; a crafted one can make it open other files. This reader knows groups, hard links and plain arrays of
numbers, checks every address against the length of the file, visits nothing twice and cannot name another file.

    source.py     the bytes, and the only way to reach them
    messages.py   what an object says about itself: shape, type, place, attributes
    links.py      the names in a group, in the old form (symbol table) and the new (link messages)
    heap.py       the new form's store for groups of more than eight links
    attributes.py texts beside a group, which older files of Keras keep
    reader.py     from the bytes of a file to its groups and arrays
    writer.py     the other way, by h5py, in the layout that Keras writes

Source: HDF5 File Format Specification Version 3.0, The HDF Group.
"""
