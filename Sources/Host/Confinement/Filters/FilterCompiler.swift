internal import CLinux
internal import CSeccomp
internal import Linux

extension Filter {
    /// Compiles the table with libseccomp, for x86-64 and nothing else: a call by any other convention (32-bit `int
    /// 0x80`, x32) kills the process, whatever the default action is.
    package func prepared() throws(FilterError) -> PreparedFilter {
        let library = try LibraryFilter(defaultAction: defaultAction)
        try library.configure()
        for (row, rule) in rules.enumerated() { try library.add(rule, row: row) }
        return PreparedFilter(name: name, instructions: try library.instructions())
    }
}

extension SystemCall {
    /// The call that tracepoints of the kernel have this name for (`sys_enter_NAME`); nil where x86-64 has none.
    package init?(tracepoint name: String) {
        let own = Self.tracepointNames[name] ?? name
        // SAFETY: the name is a terminated C string for the length of the call.
        let number = unsafe own.withCString { unsafe seccomp_syscall_resolve_name_arch(Self.architecture, $0) }
        // Calls of other architectures have numbers below zero.
        guard number >= 0 else { return nil }
        self.init(own, UInt32(number))
    }

    private static let architecture: UInt32 = 0xC000_003E  // AUDIT_ARCH_X86_64

    /// Where the kernel's function has another name than the call (SYSCALL_DEFINE in fs, kernel and mm).
    private static let tracepointNames = [
        "newstat": "stat", "newfstat": "fstat", "newlstat": "lstat", "newuname": "uname", "sendfile64": "sendfile",
        "umount": "umount2", "sysctl": "_sysctl",
    ]
}

extension FilterAction {
    fileprivate var code: UInt32 {
        switch self {
        case .allow: CONFINEMENT_ACT_ALLOW
        case .refuse(let errno): CONFINEMENT_ACT_ERRNO | UInt32(UInt16(truncatingIfNeeded: errno))
        case .kill: CONFINEMENT_ACT_KILL_PROCESS
        case .notify: CONFINEMENT_ACT_USER_NOTIF
        }
    }
}

/// A libseccomp filter under construction, released exactly once.
@safe private struct LibraryFilter: ~Copyable {
    private let context: UnsafeMutableRawPointer

    init(defaultAction: FilterAction) throws(FilterError) {
        // SAFETY: no preconditions; the result is checked.
        guard let context = unsafe seccomp_init(defaultAction.code) else {
            throw .library(function: "seccomp_init", errno: CONFINEMENT_EINVAL, row: nil)
        }
        unsafe self.context = unsafe context
    }

    func configure() throws(FilterError) {
        try set(SCMP_FLTATR_ACT_BADARCH, CONFINEMENT_ACT_KILL_PROCESS)
        // Level 2 is a binary search over call numbers: a long table costs no more per call than a short one.
        try set(SCMP_FLTATR_CTL_OPTIMIZE, 2)
    }

    deinit {
        // SAFETY: `context` came from seccomp_init and is released here only.
        unsafe seccomp_release(context)
    }

    private func set(_ attribute: scmp_filter_attr, _ value: UInt32) throws(FilterError) {
        // SAFETY: `context` is live.
        let status = unsafe seccomp_attr_set(context, attribute, value)
        guard status == 0 else { throw .library(function: "seccomp_attr_set", errno: -status, row: nil) }
    }

    func add(_ rule: SystemCallRule, row: Int) throws(FilterError) {
        let comparisons = rule.conditions.map { condition in
            switch condition.comparison {
            case .equals(let value):
                scmp_arg_cmp(arg: condition.index, op: SCMP_CMP_EQ, datum_a: value, datum_b: 0)
            case .masked(let mask, let value):
                scmp_arg_cmp(arg: condition.index, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
            case .differs(let value):
                scmp_arg_cmp(arg: condition.index, op: SCMP_CMP_NE, datum_a: value, datum_b: 0)
            case .below(let limit):
                scmp_arg_cmp(arg: condition.index, op: SCMP_CMP_LT, datum_a: limit, datum_b: 0)
            case .atLeast(let least):
                scmp_arg_cmp(arg: condition.index, op: SCMP_CMP_GE, datum_a: least, datum_b: 0)
            }
        }
        // SAFETY: `context` is live; the library copies the comparisons before it returns.
        let status = unsafe comparisons.withUnsafeBufferPointer { array in
            unsafe seccomp_rule_add_array(
                context, rule.action.code, Int32(rule.call.number), UInt32(array.count), array.baseAddress)
        }
        guard status == 0 else { throw .library(function: "seccomp_rule_add_array", errno: -status, row: row) }
    }

    /// The compiled program. libseccomp 2.5 can only write it to a descriptor, so it goes through an anonymous file.
    func instructions() throws(FilterError) -> [UInt64] {
        // SAFETY: the name is a terminated C string for the length of the call.
        let raw = unsafe clinux_memfd("ringfence-filter", 0)
        guard raw >= 0 else { throw .export(errno: Int32(-raw)) }
        let file = FileDescriptor(owning: Int32(raw))
        // SAFETY: `context` is live and `file` open.
        let status = unsafe seccomp_export_bpf(context, file.rawValue)
        guard status == 0 else { throw .library(function: "seccomp_export_bpf", errno: -status, row: nil) }

        let longest = 4096  // BPF_MAXINSNS
        var instructions = [UInt64](repeating: 0, count: longest + 1)
        // SAFETY: the call writes at most the bytes of the array.
        let read = unsafe instructions.withUnsafeMutableBytes { bytes in
            unsafe confinement_read_fully(file.rawValue, bytes.baseAddress, bytes.count, 0)
        }
        guard read >= 0 else { throw .export(errno: Int32(-read)) }
        guard read > 0, read % 8 == 0, read / 8 <= longest else { throw .length(bytes: Int(read)) }
        instructions.removeLast(instructions.count - Int(read) / 8)
        return instructions
    }
}
