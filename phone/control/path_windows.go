package control

import "io/fs"

// private reports whether info is a directory. Where it is, the user's own
// temporary files, others have no access by inheritance.
func private(info fs.FileInfo) bool { return info.IsDir() }
