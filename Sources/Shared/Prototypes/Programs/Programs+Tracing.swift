/// Programs that observe the kernel, and those that sit at its functions and system calls.
extension ProgramDescriptor {
    static let tracing: [ProgramDescriptor] = [
        ProgramDescriptor(
            name: "kprobe", linuxType: 2,
            sections: ["kprobe+", "kretprobe+", "uprobe+", "uretprobe+", "ksyscall+", "kretsyscall+", "usdt+"],
            context: .registers, mayLeakAddresses: true, helpers: .probing),
        ProgramDescriptor(
            name: "kprobe", linuxType: 2, sections: ["uprobe.s+", "uretprobe.s+", "usdt.s+"], context: .registers,
            mayLeakAddresses: true, maySleep: true, helpers: .probing),
        ProgramDescriptor(
            name: "kprobe", linuxType: 2, attachType: 42, sections: ["kprobe.multi+", "kretprobe.multi+"],
            context: .registers, mayLeakAddresses: true, helpers: .probing),
        ProgramDescriptor(
            name: "kprobe", linuxType: 2, attachType: 56, sections: ["kprobe.session+"], context: .registers,
            results: 0...1, mayLeakAddresses: true, helpers: .probing),
        ProgramDescriptor(
            name: "kprobe", linuxType: 2, attachType: 48, sections: ["uprobe.multi+", "uretprobe.multi+"],
            context: .registers, mayLeakAddresses: true, helpers: .probing),
        ProgramDescriptor(
            name: "kprobe", linuxType: 2, attachType: 48, sections: ["uprobe.multi.s+", "uretprobe.multi.s+"],
            context: .registers, mayLeakAddresses: true, maySleep: true, helpers: .probing),
        ProgramDescriptor(
            name: "kprobe", linuxType: 2, attachType: 57, sections: ["uprobe.session+"], context: .registers,
            results: 0...1, mayLeakAddresses: true, helpers: .probing),
        ProgramDescriptor(
            name: "kprobe", linuxType: 2, attachType: 57, sections: ["uprobe.session.s+"], context: .registers,
            results: 0...1, mayLeakAddresses: true, maySleep: true, helpers: .probing),
        ProgramDescriptor(
            name: "tracepoint", linuxType: 5, sections: ["tp+", "tracepoint+"], context: .tracepoint,
            mayLeakAddresses: true, helpers: .tracepoint),
        ProgramDescriptor(
            name: "perf_event", linuxType: 7, attachType: 41, sections: ["perf_event"], context: .perfEvent,
            mayLeakAddresses: true, helpers: .perfEvent),
        ProgramDescriptor(
            name: "raw_tracepoint", linuxType: 17, sections: ["raw_tp+", "raw_tracepoint+"], context: .arguments,
            mayLeakAddresses: true, helpers: .tracepoint),
        ProgramDescriptor(
            name: "raw_tracepoint_writable", linuxType: 24, sections: ["raw_tp.w+", "raw_tracepoint.w+"],
            context: .writableArguments, mayLeakAddresses: true, helpers: .tracepoint),
        ProgramDescriptor(
            name: "tracing", linuxType: 26, attachType: 23, sections: ["tp_btf+"], context: .arguments,
            mayLeakAddresses: true, helpers: .typed),
        ProgramDescriptor(
            name: "tracing", linuxType: 26, attachType: 24, sections: ["fentry+"], context: .arguments, results: 0...0,
            mayLeakAddresses: true, helpers: .function),
        ProgramDescriptor(
            name: "tracing", linuxType: 26, attachType: 24, sections: ["fentry.s+"], context: .arguments,
            results: 0...0, mayLeakAddresses: true, maySleep: true, helpers: .function),
        ProgramDescriptor(
            name: "tracing", linuxType: 26, attachType: 25, sections: ["fexit+"], context: .arguments, results: 0...0,
            mayLeakAddresses: true, helpers: .function),
        ProgramDescriptor(
            name: "tracing", linuxType: 26, attachType: 25, sections: ["fexit.s+"], context: .arguments,
            results: 0...0, mayLeakAddresses: true, maySleep: true, helpers: .function),
        ProgramDescriptor(
            name: "tracing", linuxType: 26, attachType: 26, sections: ["fmod_ret+"], context: .arguments,
            mayLeakAddresses: true, helpers: .function),
        ProgramDescriptor(
            name: "tracing", linuxType: 26, attachType: 26, sections: ["fmod_ret.s+"], context: .arguments,
            mayLeakAddresses: true, maySleep: true, helpers: .function),
        ProgramDescriptor(
            name: "tracing", linuxType: 26, attachType: 28, sections: ["iter+"], context: .arguments, results: 0...1,
            mayLeakAddresses: true, helpers: .iterator),
        ProgramDescriptor(
            name: "tracing", linuxType: 26, attachType: 28, sections: ["iter.s+"], context: .arguments, results: 0...1,
            mayLeakAddresses: true, maySleep: true, helpers: .iterator),
        ProgramDescriptor(
            name: "struct_ops", linuxType: 27, attachType: 44, sections: ["struct_ops+"], context: .arguments,
            mayLeakAddresses: true, helpers: HelperSet(.base, [116])),
        ProgramDescriptor(
            name: "struct_ops", linuxType: 27, attachType: 44, sections: ["struct_ops.s+"], context: .arguments,
            mayLeakAddresses: true, maySleep: true, helpers: HelperSet(.base, [116])),
        ProgramDescriptor(name: "ext", linuxType: 28, sections: ["freplace+"], context: .arguments, helpers: .base),
        ProgramDescriptor(
            name: "lsm", linuxType: 29, attachType: 27, sections: ["lsm+"], context: .arguments, results: -4095...0,
            mayLeakAddresses: true, helpers: .security),
        ProgramDescriptor(
            name: "lsm", linuxType: 29, attachType: 27, sections: ["lsm.s+"], context: .arguments, results: -4095...0,
            mayLeakAddresses: true, maySleep: true, helpers: .security),
        ProgramDescriptor(
            name: "lsm", linuxType: 29, attachType: 43, sections: ["lsm_cgroup+"], context: .arguments, results: 0...1,
            mayLeakAddresses: true, helpers: .cgroupSecurity),
        ProgramDescriptor(
            name: "syscall", linuxType: 31, sections: ["syscall"], context: .systemCall, mayLeakAddresses: true,
            maySleep: true, helpers: .systemCall),
    ]
}
