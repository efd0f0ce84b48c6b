internal import Linux

/// Who may be able to write what is read: root, and who runs this.
struct CarefulReader {
    let owners: Set<UInt32>

    init() { owners = [0, effectiveUser] }

    private func check(owner facts: FileFacts) throws(FileProblem) {
        guard owners.contains(facts.owner) else { throw .foreignOwner(facts.owner) }
        guard facts.permissions & 0o022 == 0 else { throw .writableByOthers(facts.permissions) }
    }

    /// A directory by its whole path.
    func directory(_ path: String) throws(FileProblem) -> StrictDirectory {
        let directory = try asProblem { () throws(SystemError) in try StrictDirectory(path) }
        try check(directory)
        return directory
    }

    /// A directory in another. Those between the two are for the caller to check.
    func directory(_ path: String, in parent: borrowing StrictDirectory) throws(FileProblem) -> StrictDirectory {
        let directory = try asProblem { () throws(SystemError) in try parent.directory(path) }
        try check(directory)
        return directory
    }

    private func check(_ directory: borrowing StrictDirectory) throws(FileProblem) {
        try check(owner: try asProblem { () throws(SystemError) in try directory.facts() })
    }

    /// A file that can be believed as far as the file system goes, and what it knows of it. Nothing of it has been read.
    func open(
        _ name: String, in directory: borrowing StrictDirectory, maximumBytes: Int, isSecret: Bool = false
    ) throws(FileProblem) -> OpenedFile {
        let opened = try OpenedFile(name, in: directory)
        let facts = opened.facts
        guard facts.isRegular else {
            throw .notPlain(SystemFailure(call: "fstat", code: SystemError.invalidArgument))
        }
        try check(owner: facts)
        guard !isSecret || facts.permissions & 0o077 == 0 else { throw .readableByOthers(facts.permissions) }
        guard facts.links == 1 else { throw .linked(facts.links) }
        guard facts.size <= UInt64(maximumBytes) else { throw .tooLarge(facts.size, limit: maximumBytes) }
        return opened
    }

    /// Its bytes, read once.
    func read(
        _ name: String, in directory: borrowing StrictDirectory, maximumBytes: Int, isSecret: Bool = false
    ) throws(FileProblem) -> [UInt8] {
        let opened = try open(name, in: directory, maximumBytes: maximumBytes, isSecret: isSecret)
        let size = Int(opened.facts.size)
        let bytes: [UInt8]
        do throws(SystemError) {
            // One byte more than there should be: a file that grows is not read on.
            bytes = try Linux.read(opened.descriptor, count: size + 1, at: 0)
        } catch {
            throw FileProblem(error)
        }
        guard bytes.count == size else { throw .changedWhileRead }
        return bytes
    }
}

/// An open file, and what the file system knew of it then.
struct OpenedFile: ~Copyable {
    let descriptor: FileDescriptor
    let facts: FileFacts

    init(_ name: String, in directory: borrowing StrictDirectory) throws(FileProblem) {
        let file = try asProblem { () throws(SystemError) in try directory.file(name) }
        facts = try asProblem { () throws(SystemError) in try FileFacts(file) }
        descriptor = file
    }
}

/// A system call's result; its error is a problem with the file that is at hand.
func asProblem<Value: ~Copyable>(_ body: () throws(SystemError) -> Value) throws(FileProblem) -> Value {
    do throws(SystemError) { return try body() } catch { throw FileProblem(error) }
}

extension FileProblem {
    init(_ error: SystemError) {
        switch error.code {
        case SystemError.noSuchFile: self = .missing
        case SystemError.invalidArgument, SystemError.tooManyLinks, SystemError.crossesDevice,
            SystemError.notDirectory, SystemError.noSuchDevice:
            self = .notPlain(SystemFailure(error))
        case _: self = .failed(SystemFailure(error))
        }
    }
}
