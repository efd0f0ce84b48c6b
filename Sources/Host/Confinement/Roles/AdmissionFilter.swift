/// The descriptors that an admission jail may still use.
package struct AdmissionDescriptors: Equatable, Sendable {
    /// What it reads: the object file.
    package let input: [Int32]
    /// What it writes: the package, the report.
    package let output: [Int32]

    package init(input: [Int32], output: [Int32]) {
        self.input = input
        self.output = output
    }
}

extension Filter {
    /// The admission jail: parses one object file, with C libraries among others, and writes one package.
    ///
    /// It may allocate, for that is how parsers work, but never executable memory; it may read and write what it
    /// was given.
    package static func admission(_ descriptors: AdmissionDescriptors) -> Filter {
        let executable: UInt64 = 0x4
        let memory: [SystemCallRule] = [
            .allow(.mmap, .argument(2, lacks: executable), reason: "allocates, or maps its input"),
            .allow(.mprotect, .argument(2, lacks: executable), reason: "the allocator grows an arena"),
            .allow(.munmap, reason: "frees"),
            .allow(.madvise, reason: "the allocator returns pages"),
            .allow(.mremap, reason: "grows a large allocation; a mapping keeps its protection"),
            .allow(.brk, reason: "allocates"),
        ]
        let inputRows = descriptors.input.flatMap { descriptor -> [SystemCallRule] in
            let isInput = ArgumentCondition.argument(0, isDescriptor: descriptor)
            return [
                .allow(.read, isInput, reason: "reads its input"),
                .allow(.pread64, isInput, reason: "reads its input"),
                .allow(.lseek, isInput, reason: "finds its input's length"),
                .allow(.fstat, isInput, reason: "finds its input's length"),
            ]
        }
        let outputRows = descriptors.output.flatMap { descriptor -> [SystemCallRule] in
            let isOutput = ArgumentCondition.argument(0, isDescriptor: descriptor)
            return [
                .allow(.write, isOutput, reason: "writes its result"),
                .allow(.pwrite64, isOutput, reason: "writes its result"),
                .allow(.ftruncate, isOutput, reason: "sizes its result"),
            ]
        }
        let runtime: [SystemCallRule] = [
            .allow(.futex, reason: "locks of the C library and of lazy Swift globals"),
            .allow(.getrandom, reason: "the seed of Swift's hash tables"),
            .allow(.clockGettime, reason: "where the kernel gives no clock in user memory"),
            .allow(.rtSigprocmask, reason: "the C library blocks signals while it aborts"),
            .allow(.rtSigreturn, reason: "leaves a signal handler"),
            .allow(.exitGroup, reason: "ends"),
        ]
        return Filter(
            name: "admission", rules: memory + inputRows + outputRows + runtime, defaultAction: .kill)
    }
}
