internal import CLinux
internal import Enclosure

// The helper that ringfence starts where a cell may be a process: a spawner of children. Not for people to run; it talks over a
// descriptor that it inherits. It is another executable than the spawner of jails, because its children execute code that the
// broker hands over, and those of the other never may.
clinux_exit(Spawner.runChildren())
