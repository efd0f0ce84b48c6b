/// What a helper function expects and promises: one row of the table that verifier, engines and documentation read.
///
/// Linux calls this `struct bpf_func_proto` (include/linux/bpf.h).
package struct HelperPrototype: Sendable {
    /// Linux's number (`enum bpf_func_id`, include/uapi/linux/bpf.h).
    package var id: UInt32
    /// Linux's name with its prefix: `bpf_map_lookup_elem`.
    package var name: StaticString
    package var result: HelperResult
    /// R1 to R5; ``HelperArgument/unused`` behind the last one. ``arguments(in:)`` is what a type of programs passes.
    package var arguments: [5 of HelperArgument]
    package var traits: HelperTraits
    /// The map types that the map argument may have; empty where there is none.
    package var maps: MapTypeSet
    /// What the function that it calls is given; nil where it calls none.
    package var callback: CallbackShape?

    package init(
        id: UInt32, name: StaticString, result: HelperResult, arguments: [5 of HelperArgument],
        traits: HelperTraits = [], maps: MapTypeSet = [], callback: CallbackShape? = nil
    ) {
        self.id = id
        self.name = name
        self.result = result
        self.arguments = arguments
        self.traits = traits
        self.maps = maps
        self.callback = callback
    }
}

/// What one argument of a helper must be (`enum bpf_arg_type`).
package enum HelperArgument: UInt8, Sendable, CaseIterable {
    case unused
    /// Any initialised value (ARG_ANYTHING). A pointer here leaks an address only where the helper publishes it.
    case anything
    /// A number that no pointer went into.
    case scalar
    /// What a format string may call for: any value, and registers that were never set are read as some number. What is
    /// passed is published.
    case optional
    /// The map itself (ARG_CONST_MAP_PTR).
    case map
    /// `key_size` readable bytes.
    case mapKey
    /// `value_size` readable bytes; of a map that ``MapTraits/takesSockets``, a ``socket``.
    case mapValue
    case mapValueOrNull
    /// `value_size` bytes that the helper writes (ARG_PTR_TO_UNINIT_MAP_VALUE); of a bloom filter, that it reads.
    case mapValueOut
    /// Memory that the helper reads; its size is the next argument.
    case readableMemory
    case readableMemoryOrNull
    /// Memory that the helper reads and writes; its size is the next argument.
    case updatedMemory
    case updatedMemoryOrNull
    /// Memory inside of a map value, which the helper keeps a pointer to; its size is the next argument.
    case keptMemory
    /// Memory that the helper fills (ARG_PTR_TO_UNINIT_MEM); its size is the next argument.
    case writableMemory
    case writableMemoryOrNull
    /// Bytes of the memory before it: a 64-bit number, at least 1 (ARG_CONST_SIZE).
    case size
    /// As ``size``, or 0 (ARG_CONST_SIZE_OR_ZERO).
    case sizeOrZero
    /// 20, 40 bytes that the helper reads: the fixed part of a header of IPv4 or TCP, of IPv6.
    case readable20
    case readable40
    /// The context of the program (ARG_PTR_TO_CTX).
    case context
    case contextOrNull
    /// The context, or a socket, by the type of the program: ``HelperPrototype/arguments(in:)`` says which.
    case contextOrSocket
    /// Four bytes that the helper reads and writes; four, eight bytes that it writes; all aligned.
    case int32Updated
    case int32Out
    case int64Out
    /// Bytes, the number a known constant, of the memory that the helper returns (ARG_CONST_ALLOC_SIZE_OR_ZERO).
    case allocationSize
    /// What a reserving helper returned (ARG_PTR_TO_RINGBUF_MEM with OBJ_RELEASE).
    case reservedMemory
    /// A `struct bpf_spin_lock`, a `struct bpf_timer` in a map value.
    case spinLock
    case timer
    /// A socket of any kind, owned or from the context (ARG_PTR_TO_SOCK_COMMON, ARG_PTR_TO_BTF_ID_SOCK_COMMON).
    case socket
    case socketOrNull
    /// An object of the kernel by its BTF type.
    case kernelObject
    case kernelObjectOrNull
    /// A function of the program (ARG_PTR_TO_FUNC).
    case callback
    /// What a callback gets as its context: a pointer into the stack, or 0 (ARG_PTR_TO_STACK_OR_NULL).
    case stackOrNull
    /// A string with its end, in a read-only map (ARG_PTR_TO_CONST_STR).
    case constantString
    /// A `struct bpf_dynptr` on the stack: one that is set; one that the helper sets; one that the helper gives back.
    case dynamicPointer
    case dynamicPointerOut
    case dynamicPointerReleased
    /// A field of a map value, or of an object, that holds a pointer to an object of the kernel (ARG_KPTR_XCHG_DEST).
    case objectField
    /// The address of a per-CPU variable of the kernel (ARG_PTR_TO_PERCPU_BTF_ID).
    case perCPUVariable
}

/// What a helper hands to the function that it calls. "Context" is the argument of ``HelperArgument/stackOrNull``, as
/// given.
package enum CallbackShape: UInt8, Sendable, CaseIterable {
    /// R1 a number below the count asked for, R2 the context.
    case indexAndContext
    /// R1 the map, R2 its key, R3 its value, neither 0; R4 the context.
    case mapElement
    /// R1 the map that holds the timer, R2 the key, R3 the value.
    case timer
    /// R1 a `struct task_struct`, R2 a `struct vm_area_struct`, R3 the context.
    case memoryArea
    /// R1 a set dynamic pointer, R2 the context.
    case dynamicPointerAndContext

    /// How many arguments the function gets: the registers behind are not set.
    package var argumentCount: Int {
        switch self {
        case .indexAndContext, .dynamicPointerAndContext: 2
        case .timer, .memoryArea: 3
        case .mapElement: 4
        }
    }

    /// What the function must return (set_*_callback_state in kernel/bpf/verifier.c): 0 goes on, 1 ends.
    package var results: ClosedRange<Int64> {
        switch self {
        case .timer: 0...0
        case .indexAndContext, .mapElement, .memoryArea, .dynamicPointerAndContext: 0...1
        }
    }
}

/// What R0 is after a helper returns (`enum bpf_return_type`).
package enum HelperResult: UInt8, Sendable, CaseIterable {
    case integer
    /// Nothing: R0 may not be read.
    case void
    /// The value that the map argument holds, or 0; for maps of maps the inner map, or 0.
    case mapValueOrNull
    /// The value, never 0 (bpf_get_local_storage).
    case mapValue
    /// Memory of ``HelperArgument/allocationSize`` bytes, or 0.
    case memoryOrNull
    /// A `struct bpf_sock` with all of its fields; one with those of ``ObjectLayout/sockCommon`` only; a
    /// `struct bpf_tcp_sock`. Each or 0.
    case socketOrNull
    case sockCommonOrNull
    case tcpSocketOrNull
    case kernelObject
    case kernelObjectOrNull
    /// The helper does not return to the program (bpf_tail_call when it succeeds); when it fails R0 is not defined,
    /// and the packet lies where it lay. In a function that was called, success ends that function only: its caller
    /// goes on, with any R0 and with a packet that may lie elsewhere.
    case tailCall
}

package struct HelperTraits: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Pointers into the packet, data and end alike, mean nothing afterwards (bpf_helper_changes_pkt_data).
    package static let invalidatesPacket = HelperTraits(rawValue: 1 << 0)
    /// The result, or the dynamic pointer that the helper sets, must be released before the program ends.
    package static let acquires = HelperTraits(rawValue: 1 << 1)
    /// The argument that was acquired is gone afterwards.
    package static let releases = HelperTraits(rawValue: 1 << 2)
    /// Only for programs under a licence compatible with the GPL.
    package static let gplOnly = HelperTraits(rawValue: 1 << 3)
    /// Writes what its arguments hold where others can read it (maps, rings, logs).
    package static let publishes = HelperTraits(rawValue: 1 << 4)
    package static let locks = HelperTraits(rawValue: 1 << 5)
    package static let unlocks = HelperTraits(rawValue: 1 << 6)
    /// Packet memory will do for its memory arguments (`pkt_access`).
    package static let acceptsPacket = HelperTraits(rawValue: 1 << 7)
    /// May sleep: only for programs that may.
    package static let sleeps = HelperTraits(rawValue: 1 << 8)
    /// Calls its callback once for each number or element (bpf_loop, bpf_for_each_map_elem), or at most once, or later.
    package static let callsRepeatedly = HelperTraits(rawValue: 1 << 9)
    package static let callsOnce = HelperTraits(rawValue: 1 << 10)
    package static let callsLater = HelperTraits(rawValue: 1 << 11)
    /// The result means what its first argument meant, and goes with it when that is released (is_ptr_cast_function).
    package static let borrows = HelperTraits(rawValue: 1 << 12)
    /// R0 is a negative errno, or at most the ``HelperArgument/size`` that was passed (do_refine_retval_range).
    package static let boundedBySize = HelperTraits(rawValue: 1 << 13)
}
