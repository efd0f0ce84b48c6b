internal import CLinux
internal import Linux

/// What a process's mappings say about W^X.
package struct MappingAudit: Equatable, Sendable {
    /// Mappings that are executable.
    package let executable: Int
    /// Mappings that are writable and executable at once.
    package let writableExecutable: Int
    /// Files that are mapped executable in one place and writable *and shared* in another: a store to the one
    /// changes the code in the other, which PR_SET_MDWE cannot see. A private writable mapping, such as every
    /// shared library's data, copies on the first store and changes no other mapping.
    package let aliasedFiles: Int

    /// The executable ones, by what they are mapped from.
    package let origins: ExecutableOrigins

    package var isClean: Bool { writableExecutable == 0 && aliasedFiles == 0 }

    package init(
        executable: Int, writableExecutable: Int, aliasedFiles: Int, origins: ExecutableOrigins = ExecutableOrigins()
    ) {
        self.executable = executable
        self.origins = origins
        self.writableExecutable = writableExecutable
        self.aliasedFiles = aliasedFiles
    }

    /// Counts while it reads, since a cell's start has no time to build a list first.
    ///
    /// - Parameter kept: where mappings must lie, at least in part, to be counted: a process that is about to give up all others
    ///   says what remains.
    init(text: [UInt8], keeping kept: [Range<UInt64>]? = nil) throws(MappingError) {
        var executable = 0
        var origins = ExecutableOrigins()
        var writableExecutable = 0
        var executableFiles: [Mapping.File] = []
        var sharedFiles: [Mapping.File] = []
        var reader = MappingReader()
        while let mapping = try reader.next(in: text.span) {
            if let kept, !kept.contains(where: { $0.overlaps(mapping.start..<mapping.end) }) { continue }
            if mapping.executable {
                executable += 1
                origins.count(mapping, in: text.span)
                if mapping.writable { writableExecutable += 1 }
                if mapping.file.inode != 0 { executableFiles.append(mapping.file) }
            }
            if mapping.writable, mapping.shared, mapping.file.inode != 0 { sharedFiles.append(mapping.file) }
        }
        self.executable = executable
        self.origins = origins
        self.writableExecutable = writableExecutable
        // Nearly no process has a shared writable file at all, so the set is hardly ever built.
        aliasedFiles = sharedFiles.isEmpty ? 0 : Set(sharedFiles).intersection(executableFiles).count
    }

    /// An open /proc/self/maps, for an audit after the point where nothing can be opened any more.
    static func openOwnMappings() throws(ConfinementError) -> FileDescriptor {
        // SAFETY: the string is a terminated C string for the length of the call.
        let raw = unsafe clinux_open_read_only("/proc/self/maps")
        guard raw >= 0 else { throw .refused(step: .mappingAudit, errno: Int32(-raw)) }
        return FileDescriptor(owning: Int32(raw))
    }

    init(reading file: borrowing FileDescriptor, keeping kept: [Range<UInt64>]? = nil) throws(MappingError) {
        let text: [UInt8]
        do throws(PostureError) { text = try KernelText.read(file, path: "/proc/self/maps") } catch {
            throw .text(error)
        }
        try self.init(text: text, keeping: kept)
    }
}
