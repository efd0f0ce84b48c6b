import ProgramPackage

/// What an object may hold at most before it becomes a package, which has limits of its own (``PackageLimits``).
package enum ObjectLimits {
    package static let objectBytes = PackageLimits.packageBytes
    package static let sections = PackageLimits.sections
    /// Entries of the symbol table. Clang writes one per function, variable and section, and some for debug
    /// information.
    package static let symbols = 262_144
    /// Relocations of one section of code: no more than one for each slot of the largest section.
    package static let relocationsPerSection = objectBytes / ElfNumber.slotBytes
    /// Functions of the whole object, used or not.
    package static let functions = 16_384
    /// BTF types; Linux's BTF_MAX_TYPE.
    package static let types = 0xFFFFF
    /// Members and parameters looked at for all CO-RE relocations of an object: a kernel's largest structures have hundreds.
    package static let coreLooks = 1 << 24
    /// Typedefs, qualifiers and arrays that one type may be wrapped in; libbpf's MAX_RESOLVE_DEPTH.
    package static let typeDepth = 32
    /// Members of a map's value that are looked at for locks and timers, those of inner structures counted anew each
    /// time.
    package static let valueMembers = 65_536
    /// Bytes of one `.data*`, `.rodata*` or `.bss*` section.
    package static let dataSectionBytes = PackageLimits.packageBytes
}
