internal import ProgramPackage

/// What the verifier's words mean: for each kind of finding a title, and a paragraph for who meets it for the first time;
/// for each hint what to do.
extension Finding.Kind {
    /// How `--json` names it.
    package var name: String {
        switch self {
        case .uninitialisedRegister: "uninitialised_register"
        case .uninitialisedStack: "uninitialised_stack"
        case .outOfBoundsStack: "out_of_bounds_stack"
        case .outOfBoundsPacket: "out_of_bounds_packet"
        case .outOfBoundsContext: "out_of_bounds_context"
        case .outOfBoundsMapValue: "out_of_bounds_map_value"
        case .outOfBoundsMemory: "out_of_bounds_memory"
        case .possiblyNull: "possibly_null"
        case .notAPointer: "not_a_pointer"
        case .readOnlyMemory: "read_only_memory"
        case .pointerArithmetic: "pointer_arithmetic"
        case .pointerComparison: "pointer_comparison"
        case .addressLeak: "address_leak"
        case .misaligned: "misaligned"
        case .contextField: "context_field"
        case .divisionByZero: "division_by_zero"
        case .helperUnknown: "helper_unknown"
        case .helperNotAllowed: "helper_not_allowed"
        case .helperArgument: "helper_argument"
        case .helperMapType: "helper_map_type"
        case .helperLicence: "helper_licence"
        case .unreleasedReference: "unreleased_reference"
        case .lockHeld: "lock_held"
        case .lockMisuse: "lock_misuse"
        case .badResult: "bad_result"
        case .callDepth: "call_depth"
        case .recursion: "recursion"
        case .badCallback: "bad_callback"
        case .badMap: "bad_map"
        case .unreachableExit: "unreachable_exit"
        case .noExit: "no_exit"
        case .tooComplex: "too_complex"
        case .unboundedLoop: "unbounded_loop"
        case .unsupported: "unsupported"
        case .stackOverflow: "stack_overflow"
        case .invalidProgram: "invalid_program"
        }
    }

    package var title: String {
        switch self {
        case .uninitialisedRegister: "a variable is used before it has a value"
        case .uninitialisedStack: "memory on the stack is used before it has a value"
        case .outOfBoundsStack: "access outside of the stack"
        case .outOfBoundsPacket: "access outside of the packet"
        case .outOfBoundsContext: "access outside of the context"
        case .outOfBoundsMapValue: "access outside of a map's value"
        case .outOfBoundsMemory: "access outside of a piece of memory"
        case .possiblyNull: "a pointer that may be null is used"
        case .notAPointer: "a number is used as an address"
        case .readOnlyMemory: "a write to memory that may only be read"
        case .pointerArithmetic: "arithmetic that a pointer does not allow"
        case .pointerComparison: "a comparison that means nothing for these pointers"
        case .addressLeak: "an address would leave the program"
        case .misaligned: "an access that is not aligned"
        case .contextField: "an access to the context that no field allows"
        case .divisionByZero: "a division by what may be zero"
        case .helperUnknown: "a call of a helper that nobody knows"
        case .helperNotAllowed: "a call of a helper that this program type does not have"
        case .helperArgument: "a helper is called with an argument that it does not take"
        case .helperMapType: "a helper is called with a map of a type that it does not take"
        case .helperLicence: "a helper that only programs under the GPL may call"
        case .unreleasedReference: "something that was acquired is not released on every path"
        case .lockHeld: "something that must not be done under a lock"
        case .lockMisuse: "a lock is taken or released in the wrong place"
        case .badResult: "the program returns what its type does not allow"
        case .callDepth: "functions call each other too deeply"
        case .recursion: "a function calls itself"
        case .badCallback: "a callback that is not what the helper calls"
        case .badMap: "a map that cannot be used like this"
        case .unreachableExit: "the end of the program cannot be reached from here"
        case .noExit: "the code runs past its last instruction"
        case .tooComplex: "the budget ended before the proof did"
        case .unboundedLoop: "a loop that is not proven to end"
        case .unsupported: "something that this verifier does not support"
        case .stackOverflow: "more stack than there is"
        case .invalidProgram: "code that is not a valid program"
        }
    }

    /// For `--explain`.
    package var lesson: String {
        switch self {
        case .uninitialisedRegister, .uninitialisedStack:
            "What a variable holds before it is given a value is whatever was there before: data of somebody else, or an "
                + "address. A value must be written on every path that leads to its use; the path below is one without."
        case .outOfBoundsStack, .stackOverflow:
            "Each function has 512 bytes of stack, below r10. An access must lie in them on every path, so an index into "
                + "an array on the stack needs a bound that the verifier can see: an if, a mask, or a loop's condition."
        case .outOfBoundsPacket:
            "A packet may be shorter than any header. Bytes of it may be touched only after a comparison with data_end on "
                + "the same path: if ((void *)(p + 1) > data_end) return. The comparison is about the pointer that is "
                + "compared and its copies; one that is computed anew has to be compared anew, and helpers that change "
                + "the packet make all comparisons void."
        case .outOfBoundsContext, .contextField:
            "The context is a view that the kernel makes, not memory. Its fields are read and written one at a time, "
                + "at their own offsets and sizes; some are read-only, and some a program type does not have."
        case .outOfBoundsMapValue, .outOfBoundsMemory:
            "A pointer into a map's value, or into memory that was reserved, may be used within its size only. Where an "
                + "index is involved, its greatest value counts, and for signed numbers its least."
        case .possiblyNull:
            "bpf_map_lookup_elem and others return null where there is nothing. The result must be compared with null, "
                + "and used only where it is not; the comparison is about that result and its copies, not about another "
                + "lookup of the same key."
        case .notAPointer:
            "Only values that came from the context, the stack, a map or a helper are pointers. A number, or a pointer "
                + "that was changed in a way that loses track of it, is no address."
        case .readOnlyMemory:
            "Constants, and maps with BPF_F_RDONLY_PROG, may be read and not written: other programs rely on them."
        case .pointerArithmetic:
            "A pointer may be moved by a bounded number, and two pointers into the same memory may be subtracted. Any "
                + "other arithmetic gives something that is not known to be an address any more."
        case .pointerComparison:
            "Pointers compare by order only within the same memory, such as two positions in the packet. Across different "
                + "memories the answer would tell where things lie."
        case .addressLeak:
            "Addresses of the machine help an attacker. A program that is not allowed to leak them may not store them in "
                + "maps, write them to packets, hand them to helpers as data, or return them."
        case .misaligned:
            "Atomic operations, and accesses to the context and to spilled pointers, must be aligned to their size."
        case .divisionByZero:
            "BPF defines division by zero as zero, so it is no fault; it is reported where the options ask for it."
        case .helperUnknown, .helperNotAllowed, .helperLicence:
            "Helpers are the calls that the engine offers. Which of them a program has depends on its type, and some are "
                + "for programs that declare a licence compatible with the GPL."
        case .helperArgument, .helperMapType:
            "A helper says for each argument what it takes: a map of certain types, a pointer to so many readable or "
                + "writable bytes, a size within bounds. What is passed must be that on every path."
        case .unreleasedReference:
            "Some helpers give something that must be given back: a reserved record, a socket. Each path from there to "
                + "the exit must release it exactly once, also the path that gives up early."
        case .lockHeld, .lockMisuse:
            "Under bpf_spin_lock, others wait: no helper may be called and the program may not end. Each lock is released "
                + "on the same path that took it, and only one is held at a time."
        case .badResult:
            "What a program returns is a verdict. Its type says which numbers mean something; others are refused."
        case .callDepth, .recursion:
            "At most eight functions may be in progress at a time, each with its own stack, and none may call itself."
        case .badCallback:
            "A callback is called by a helper with arguments of the helper's choosing, perhaps many times; it must be a "
                + "function of this program, take these arguments, and return 0 or 1."
        case .badMap:
            "A map is used through the helpers for its type, with keys and values of its sizes."
        case .unreachableExit, .noExit:
            "Each path must reach an exit instruction. Code that falls off its end would run what lies behind it."
        case .tooComplex:
            "The verifier follows every path until it has seen an equal or wider state. It has a budget of visits, states, "
                + "memory and time; beyond that it does not guess. Nothing is said of the program's safety."
        case .unboundedLoop:
            "A program must end. A loop is proven to end where it is walked to its end within the budget, or where a "
                + "counter moves by a constant toward a bound. Otherwise the program runs with fuel: a number of "
                + "instructions after which it is stopped."
        case .unsupported:
            "The program may be right, and this verifier cannot tell."
        case .invalidProgram:
            "The code does not follow RFC 9669: an instruction that is none, or a jump to where no instruction begins."
        }
    }
}

extension Finding.Hint {
    /// How `--json` names it.
    package var name: String {
        switch self {
        case .none: "none"
        case .checkForNull: "check_for_null"
        case .checkPacketBounds: "check_packet_bounds"
        case .boundOnWrongCopy: "bound_on_wrong_copy"
        case .check32BitsOfWiderValue: "check_32_bits_of_wider_value"
        case .boundBothSides: "bound_both_sides"
        case .initialiseStack: "initialise_stack"
        case .initialiseRegister: "initialise_register"
        case .packetPointersAfterHelper: "packet_pointers_after_helper"
        case .releaseOnEveryPath: "release_on_every_path"
        case .unlockOnEveryPath: "unlock_on_every_path"
        case .maskIndex: "mask_index"
        case .subtractPointersNotNumbers: "subtract_pointers_not_numbers"
        case .useReadOnlyField: "use_read_only_field"
        case .boundLoop: "bound_loop"
        case .splitProgram: "split_program"
        case .setResult: "set_result"
        }
    }

    /// What to do.
    package var advice: String? {
        switch self {
        case .none: nil
        case .checkForNull: "compare the result with null before it is used: if (!value) return 0;"
        case .checkPacketBounds:
            "compare with data_end before the access: if ((void *)(header + 1) > data_end) return XDP_DROP;"
        case .boundOnWrongCopy:
            "the comparison is about another copy of the value; compare the variable that is used, or use the one that was "
                + "compared"
        case .check32BitsOfWiderValue:
            "the comparison looks at 32 bits of a 64-bit value; make the variable 32 bits wide, or compare all of it"
        case .boundBothSides: "a signed value needs a bound on both sides; compare with 0 as well, or make it unsigned"
        case .initialiseStack: "give the whole variable a value where it is declared, padding too: struct key k = {};"
        case .initialiseRegister: "give the variable a value on every path, or where it is declared"
        case .packetPointersAfterHelper:
            "this helper may move the packet: read data and data_end again, and compare again"
        case .releaseOnEveryPath: "release or submit it on every path, also where the program gives up early"
        case .unlockOnEveryPath: "call bpf_spin_unlock on every path out of the locked part"
        case .maskIndex: "mask the index with the size less one, where the size is a power of two: index &= 63;"
        case .subtractPointersNotNumbers:
            "subtract the pointers themselves; once cast to narrower integers they are numbers like any other"
        case .useReadOnlyField: "this field may only be read; keep the new value in a variable or a map"
        case .boundLoop: "give the loop a constant bound: for (int i = 0; i < 64 && more; i++)"
        case .splitProgram: "do less in one program: use noinline functions, shorter loops, or a tail call"
        case .setResult: "return one of the values that the program type has, on every path"
        }
    }
}
