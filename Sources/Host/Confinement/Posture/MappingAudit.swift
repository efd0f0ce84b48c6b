internal import CLinux
internal import Linux

/// What a process's mappings say about W^X.
package struct MappingAudit: Equatable, Sendable {
    /// Mappings that are executable.
    package let executable: Int
    /// Mappings that are writable and executable at once.
    package let writableExecutable: Int
    /// Files that are mapped executable in one place and writable *and shared* in another: a store to the one changes the code in
    /// the other, which PR_SET_MDWE cannot see. A private writable mapping, such as every shared library's data, copies on
    /// the first store and changes no other mapping.
    package let aliasedFiles: Int

    package var isClean: Bool { writableExecutable == 0 && aliasedFiles == 0 }

    package init(executable: Int, writableExecutable: Int, aliasedFiles: Int) {
        self.executable = executable
        self.writableExecutable = writableExecutable
        self.aliasedFiles = aliasedFiles
    }

    package init(_ mappings: [Mapping]) {
        let executable = mappings.filter(\.executable)
        self.executable = executable.count
        writableExecutable = executable.count(where: \.writable)
        let sharedWritable = mappings.filter { $0.writable && $0.shared && $0.file.inode != 0 }
        // Two short lists: nearly no process has a shared writable file at all.
        var aliased: [Mapping.File] = []
        for mapping in sharedWritable where !aliased.contains(mapping.file) {
            if executable.contains(where: { $0.file == mapping.file }) { aliased.append(mapping.file) }
        }
        aliasedFiles = aliased.count
    }

    /// An open /proc/self/maps, for an audit after the point where nothing can be opened any more.
    static func openOwnMappings() throws(ConfinementError) -> FileDescriptor {
        // SAFETY: the string is a terminated C string for the length of the call.
        let raw = unsafe clinux_open_read_only("/proc/self/maps")
        guard raw >= 0 else { throw .refused(step: .mappingAudit, errno: Int32(-raw)) }
        return FileDescriptor(owning: Int32(raw))
    }

    init(reading file: borrowing FileDescriptor) throws(MappingError) {
        let text: [UInt8]
        do throws(PostureError) { text = try KernelText.read(file, path: "/proc/self/maps") } catch { throw .text(error) }
        self.init(try MappingReader.mappings(in: text))
    }
}
