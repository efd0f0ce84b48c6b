/// Flags of a map under Linux's numbers (`BPF_F_*` of `BPF_MAP_CREATE` in `include/uapi/linux/bpf.h`).
@frozen package struct MapFlags: OptionSet, Sendable {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `BPF_F_NO_PREALLOC`: accepted, and changes nothing, since every node here is preallocated.
    @inlinable package static var noPreallocation: MapFlags { MapFlags(rawValue: 1 << 0) }
    /// `BPF_F_NO_COMMON_LRU`: accepted, and changes nothing: whose list a node is on is a matter of Linux's locks.
    @inlinable package static var noCommonLRU: MapFlags { MapFlags(rawValue: 1 << 1) }
    /// `BPF_F_ZERO_SEED`: the hash is not seeded, so the order of keys is the same in every run.
    @inlinable package static var zeroSeed: MapFlags { MapFlags(rawValue: 1 << 6) }
    /// `BPF_F_RDONLY_PROG`: programs may only read; the host writes.
    @inlinable package static var readOnlyForProgram: MapFlags { MapFlags(rawValue: 1 << 7) }
    /// `BPF_F_WRONLY_PROG`: programs may only write.
    @inlinable package static var writeOnlyForProgram: MapFlags { MapFlags(rawValue: 1 << 8) }
    /// `BPF_F_MMAPABLE`: accepted for arrays, whose values are shared memory anyway.
    @inlinable package static var mappable: MapFlags { MapFlags(rawValue: 1 << 10) }
}

/// What Linux calls the flag with this one bit set.
package func linuxNameOfMapFlag(_ bit: UInt32) -> StaticString {
    switch bit {
    case 1 << 0: "BPF_F_NO_PREALLOC"
    case 1 << 1: "BPF_F_NO_COMMON_LRU"
    case 1 << 2: "BPF_F_NUMA_NODE"
    case 1 << 3: "BPF_F_RDONLY"
    case 1 << 4: "BPF_F_WRONLY"
    case 1 << 5: "BPF_F_STACK_BUILD_ID"
    case 1 << 6: "BPF_F_ZERO_SEED"
    case 1 << 7: "BPF_F_RDONLY_PROG"
    case 1 << 8: "BPF_F_WRONLY_PROG"
    case 1 << 9: "BPF_F_CLONE"
    case 1 << 10: "BPF_F_MMAPABLE"
    case 1 << 11: "BPF_F_PRESERVE_ELEMS"
    case 1 << 12: "BPF_F_INNER_MAP"
    case 1 << 13: "BPF_F_LINK"
    case 1 << 14: "BPF_F_PATH_FD"
    case 1 << 15: "BPF_F_VTYPE_BTF_OBJ_FD"
    case 1 << 16: "BPF_F_TOKEN_FD"
    case 1 << 17: "BPF_F_SEGV_ON_FAULT"
    case 1 << 18: "BPF_F_NO_USER_CONV"
    case 1 << 19: "BPF_F_RB_OVERWRITE"
    default: "an unknown flag"
    }
}
