/// What a package may hold at most.
///
/// Each number bounds memory or time that the broker would spend on bytes written by somebody it does not trust. They
/// are generous against real objects and small against a machine.
package enum PackageLimits {
    /// The whole package on the wire. Also the largest ELF object that admission reads: debug information included,
    /// real objects stay under a few MiB, and a package is never much larger than the code and data in its object.
    package static let packageBytes = 16 << 20
    /// Programs of one object. The largest public collections (kernel self-tests, Tetragon) stay below this.
    package static let programs = 256
    /// Slots of one linked program. Branch offsets are 16 bits wide, so longer code cannot be branched over anyway.
    package static let slotsPerProgram = 65_536
    /// Slots of all programs that one cell may go on in: what its program region has room for (`AddressMap.programCapacity`).
    package static let slotsPerSet = 131_072
    /// Functions of one linked program, the entry included; Linux's BPF_MAX_SUBPROGS (include/linux/bpf_verifier.h).
    package static let functionsPerProgram = 256
    /// Maps of one object: twice what Linux lets one program use (MAX_USED_MAPS); Cilium's largest object defines 69.
    package static let maps = 128
    /// Entries that all maps of one object have from the start: a table of tail calls for each of a few maps.
    package static let mapSlots = 65_536
    /// Names of kernel types that a program says it needs; what exceeds them is not listed.
    package static let kernelTypesPerProgram = 16
    /// Bytes of the reason why a program was left out.
    package static let reasonBytes = 1_024
    /// Types of keys and values of all maps, and their members and enumerators. Tetragon's largest object has some thousand.
    package static let valueTypes = 16_384
    package static let valueParts = 65_536
    /// Bytes of one such type: no map has larger values than a data section.
    package static let valueTypeBytes = packageBytes
    /// Types within types.
    package static let valueTypeDepth = 64
    /// Sections listed. Clang makes about thirty with full debug information, more with one section per function.
    package static let sections = 4_096
    /// Bytes of a name of a program, section, function or map. Linux keeps 15 of them; C symbols are rarely longer
    /// than 100.
    package static let nameBytes = 255
    /// Bytes of the licence string; Linux reads 128.
    package static let licenceBytes = 127
    /// Bytes of a source file's path (PATH_MAX).
    package static let pathBytes = 4_096
    /// Bytes of one line of source text. Admission cuts longer ones.
    package static let lineTextBytes = 512
    /// Different strings in one package: enough for a distinct text at each of many thousand lines.
    package static let strings = 262_144
    /// Line records of one program: no more than one per slot.
    package static let linesPerProgram = slotsPerProgram

    /// Machine code of the programs of one cell: the room that cells have for it (`AddressMap.codeCapacity`).
    package static let codeBytes = 4 << 20
    /// Pieces of machine code that lie apart from their instructions' other code: a few for each at most.
    package static let codePieces = 4 * slotsPerSet

    /// The whole of a verification on the wire.
    package static let verificationBytes = 16 << 20
    /// Findings of one program; a person fixes the first few and asks again.
    package static let findingsPerProgram = 64
    /// Facts of one finding, and as many branches.
    package static let notesPerFinding = 64
    /// Lines that describe the input of a confirmed finding.
    package static let confirmationLines = 64
    /// Bytes of a sentence of the verifier.
    package static let findingTextBytes = 300
    /// Bytes of a program type's name; Linux's longest has 23.
    package static let programTypeBytes = 32
}
