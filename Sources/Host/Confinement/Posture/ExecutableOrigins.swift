/// Where the executable memory of a process comes from: how many mappings of each kind.
package struct ExecutableOrigins: Equatable, Sendable {
    /// Programs and libraries, as the dynamic linker left them.
    package var files = 0
    /// Files that live in memory only: the code of a cell.
    package var memoryFiles = 0
    /// What the kernel puts into every process.
    package var kernel = 0
    /// Nothing that anybody could have looked at before.
    package var anonymous = 0

    package init(files: Int = 0, memoryFiles: Int = 0, kernel: Int = 0, anonymous: Int = 0) {
        self.files = files
        self.memoryFiles = memoryFiles
        self.kernel = kernel
        self.anonymous = anonymous
    }

    private static let memoryFile = Array("/memfd:".utf8)

    mutating func count(_ mapping: Mapping, in text: Span<UInt8>) {
        let path = mapping.pathRange
        func starts(with prefix: [UInt8]) -> Bool {
            guard path.count >= prefix.count else { return false }
            for (offset, byte) in prefix.enumerated() where text[path.lowerBound + offset] != byte { return false }
            return true
        }
        if mapping.file.inode == 0 {
            // [vdso] and [vsyscall] are the kernel's; [heap] and [stack] are memory like any other.
            if starts(with: Array("[v".utf8)) { kernel += 1 } else { anonymous += 1 }
        } else if starts(with: Self.memoryFile) {
            memoryFiles += 1
        } else {
            files += 1
        }
    }
}
