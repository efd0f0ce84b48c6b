/// A test of others with which the verifier disagrees, and the argument why the verifier is right.
struct AllowedDisagreement {
    struct Key: Hashable {
        var file: String
        var name: String
    }

    var key: Key
    var argument: String
}

extension AllowedDisagreement {
    /// A row that no disagreement needs any more makes its suite fail.
    static let all: [AllowedDisagreement] = groups.flatMap { group in
        group.tests.map { AllowedDisagreement(key: Key(file: group.file, name: $0), argument: group.argument) }
    }

    private struct Group {
        var file: String
        var argument: String
        var tests: [String]

        init(_ file: String, _ argument: String, _ tests: String...) {
            self.file = file
            self.argument = argument
            self.tests = tests
        }
    }

    private static let groups: [Group] = acceptedHere + rejectedHere

    // MARK: Rejected there, accepted here

    private static let acceptedHere = [
        Group(
            "loop.yaml",
            "The counter goes up by one from 0 to 1,000,001 without wrapping, so the loop ends; PREVAIL allows no more than "
                + "100,000 rounds, which is a limit of its own and not of safety. Here a number of rounds up to 2^32 is a proof, and "
                + "fuel meters what takes longer than a run may.",
            "very large loop > 1M iterations"),
        Group(
            "assign.yaml",
            "The lower half of an address is a number that remembers where it is from: it may be computed with, but "
                + "neither stored where others read it nor returned. The test does neither.",
            "32-bit assign register stack value", "32-bit assign register shared value",
            "32-bit assign register packet value", "32-bit assign register context value",
            "32-bit assign register map value", "32-bit assign register map programs value"),
        Group(
            "pointer.yaml",
            "As above; and the test has no exit, so nothing is returned. With one, the result is refused.",
            "32-bit return context pointer"),
        Group(
            "jump.yaml",
            "The test documents what one state at each point cannot say. Here both ways stay apart, and on each the "
                + "program is safe.",
            "multiple types add fail", "lost implications in correlated branches"),
        Group(
            "subtract.yaml",
            "Both offsets are bounded and far from any overflow, so their difference is a number with known bounds, "
                + "whether or not either pointer may be read through.",
            "disallow subtraction of pointer from invalid pointer to a singleton region"),
    ]

    // MARK: Accepted there, rejected here

    private static let rejectedHere = [
        Group(
            "assign.yaml", "Part of a pointer field, or it and its neighbour, is neither a pointer nor a number.",
            "16-bit indirect assignment from context", "64-bit indirect assignment from context"),
        Group(
            "pointer.yaml", "On one of the two ways the context is read over two pointer fields.",
            "non-singleton typeset in-bounds access still passes"),
        Group(
            "atomic.yaml", "What was reserved is neither submitted nor discarded, which there is not looked at.",
            "atomic fetch from alloc_mem havocs result register", "atomic cmpxchg from alloc_mem havocs r0"),
        Group(
            "atomic.yaml",
            "An atomic operation at an address that is no multiple of its size (the kernel refuses it too).",
            "atomic 64-bit ADD stack", "atomic 64-bit ADD and fetch stack", "atomic 64-bit AND stack",
            "atomic 64-bit AND and fetch stack", "atomic 64-bit OR stack", "atomic 64-bit OR and fetch stack",
            "atomic 64-bit XOR stack", "atomic 64-bit XOR and fetch stack", "atomic 64-bit XCHG stack",
            "atomic 64-bit CMPXCHG stack"),
        Group(
            "call.yaml", "The socket that was found is never released, which there is not looked at.",
            "skc_lookup_tcp checked socket can read common state field",
            "skc_lookup_tcp checked socket can read narrow common fields",
            "skc_lookup_tcp checked socket can read dst_port as u32"),
        Group(
            "calllocal.yaml",
            "A function gets R1 to R5 and nothing else, and leaves R0 behind only if it sets it: what else lies in "
                + "registers is the business of whoever compiles the call (the kernel refuses these too).",
            "call local with multiple calls", "jump out of a subfunction", "call local with multiple branches",
            "callee reads caller r6"),
        Group(
            "calllocal.yaml", "A tail call that fails leaves nothing in R0, which the caller then returns.",
            "allow tail call from within a subprogram"),
        Group(
            "jump.yaml", "Comparing addresses of maps, or an address with a number, tells something of the address.",
            "assume map_fd == map_fd", "assume map_fd != map_fd", "assume map_fd1 != map_fd2",
            "JLT with imm 0 and pointer"),
        Group(
            "packet.yaml", "r5 is copied before it is set.", "simple valid access"),
        Group(
            "packet.yaml",
            "What lies before the packet is reached from data_meta, never from data, from which nothing says how much "
                + "it is.",
            "meta_offset lower bound access"),
        Group(
            "stack.yaml", "A part of an address is stored, which leaves neither an address nor a number.",
            "havoc numeric size r10", "shorten numeric size from int64* to int32*", "havoc if clobber stack bytes"),
        Group(
            "stack.yaml", "Bytes above the frame belong to nobody.",
            "stack_numeric_size facts persist across 4-byte store",
            "stack load u32 with range yields number when numeric_size>=4",
            "non-numeric store through imprecise pointer havocs num_bytes"),
        Group(
            "stack.yaml", "r6 is stored before it is set.",
            "overwrite exact-match stack cell with uninitialized register havocs stale value"),
        Group(
            "uninit.yaml", "A register, or bytes of the stack, are read before they are set.",
            "MOV of a number and an uninitialized register", "Read uninitialized stack range - aligned",
            "Read uninitialized stack range - unaligned"),
    ]
}
