internal import CLinux
internal import Linux

/// What a process becomes, or is: the path of its image, and its arguments with a 0 behind each.
///
/// Of one that has become it already, and has not run yet, this is what the kernel says. Of one that asks to, it is what the kernel will say if
/// nobody changes anything meanwhile; programs are asked early by it, and the rest is held against the other.
struct ExecutedImage: Equatable {
    /// Empty where the image has no path here that leads to it: a file of memory, one that is gone, one of another view of the file system.
    var path: [UInt8]
    var arguments: [UInt8]

    /// More is cut. Windows' command lines have 32,767 units.
    static let argumentsLimit = 64 << 10
    static let pathLimit = 4096
}

extension ExecutedImage {
    /// What a process is that stands before the first instruction of its image; nil where it is gone.
    init?(of process: UInt32) {
        guard let arguments = Self.read("/proc/\(process)/cmdline", limit: Self.argumentsLimit) else { return nil }
        path = Self.path(through: "/proc/\(process)/exe")
        self.arguments = arguments
    }

    /// What execve(2) or execveat(2) would lead to; nil where it leads nowhere that can be seen from here.
    ///
    /// - Parameter process: of the thread.
    init?(asked call: clinux_notification, of process: UInt32) {
        let isAt = call.call == 322
        var memory = ForeignMemory(of: call.thread)
        guard let asked = memory.text(at: isAt ? call.second : call.first, limit: Self.pathLimit) else { return nil }
        guard
            let arguments = Self.arguments(&memory, at: isAt ? call.third : call.second),
            let place = Self.place(asked, isAt ? call : nil, of: process, call.thread),
            let found = Self.throughInterpreters(place, named: place.name, arguments, of: process, call.thread)
        else { return nil }
        self = found
    }

    /// How this process comes to a file that the other names, and how the kernel will name it to an interpreter.
    private struct Place {
        var path: [UInt8]
        var name: [UInt8]
    }

    private static func place(
        _ asked: [UInt8], _ at: clinux_notification?, of process: UInt32, _ thread: UInt32
    ) -> Place? {
        let isAbsolute = asked.first == 0x2F
        guard let at, !isAbsolute, Int32(truncatingIfNeeded: at.first) != -100 else {
            guard !asked.isEmpty else { return nil }
            return Place(path: here(asked, of: process, thread), name: asked)
        }
        let number = Int32(truncatingIfNeeded: at.first)
        let base = Array("/proc/\(thread)/fd/\(number)".utf8)
        // AT_EMPTY_PATH: the descriptor itself.
        guard asked.isEmpty else {
            return Place(path: base + [0x2F] + asked, name: Array("/dev/fd/\(number)/".utf8) + asked)
        }
        return at.fifth & 0x1000 != 0 ? Place(path: base, name: Array("/dev/fd/\(number)".utf8)) : nil
    }

    /// A path of the other's as this process writes it.
    private static func here(_ path: [UInt8], of process: UInt32, _ thread: UInt32) -> [UInt8] {
        guard path.first == 0x2F else { return Array("/proc/\(thread)/cwd/".utf8) + path }
        let own = Array("/proc/self/".utf8)
        return path.starts(with: own) ? Array("/proc/\(process)/".utf8) + path.dropFirst(own.count) : path
    }

    /// As load_script in fs/binfmt_script.c, as often as exec_binprm in fs/exec.c.
    private static func throughInterpreters(
        _ place: Place, named name: [UInt8], _ arguments: [UInt8], of process: UInt32, _ thread: UInt32
    ) -> ExecutedImage? {
        var (place, name, arguments) = (place.path, name, arguments)
        for _ in 0..<5 {
            guard let file = openPlace(place), let identity = identity(file), identity.is_regular != 0 else {
                return nil
            }
            guard let first = firstBytes(file), first.starts(with: [0x23, 0x21]) else {
                return ExecutedImage(path: path(through: "/proc/self/fd/\(file.rawValue)"), arguments: arguments)
            }
            let line = first.dropFirst(2).prefix { $0 != 0x0A && $0 != 0 }
            func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
            let words = line.drop(while: isBlank)
            let interpreter = Array(words.prefix { !isBlank($0) })
            var argument = Array(words.dropFirst(interpreter.count).drop(while: isBlank))
            while let last = argument.last, isBlank(last) { argument.removeLast() }
            guard !interpreter.isEmpty else { return nil }
            let rest = arguments.firstIndex(of: 0).map { arguments[($0 + 1)...] } ?? []
            arguments = interpreter + [0] + (argument.isEmpty ? [] : argument + [0]) + name + [0] + rest
            arguments = Array(arguments.prefix(argumentsLimit))
            name = interpreter
            place = here(interpreter, of: process, thread)
        }
        return nil
    }

    private static func arguments(_ memory: inout ForeignMemory, at list: UInt64) -> [UInt8]? {
        // The kernel makes one empty argument of none (do_execveat_common).
        guard list != 0 else { return [0] }
        var arguments: [UInt8] = []
        var pointers = memory
        var place = list
        while arguments.count < argumentsLimit {
            guard let address = pointers.word(at: place) else { return nil }
            if address == 0 { return arguments.isEmpty ? [0] : arguments }
            // MAX_ARG_STRLEN.
            guard let argument = memory.text(at: address, limit: 128 << 10) else { return nil }
            arguments += argument + [0]
            let (next, overflow) = place.addingReportingOverflow(8)
            guard !overflow else { return nil }
            place = next
        }
        return Array(arguments.prefix(argumentsLimit))
    }

    // MARK: Files

    /// The path that the kernel gives of a file, if it leads to that very file here: who has another view of the file system, or a file that is
    /// gone, has a path that means something else.
    static func path(through link: String) -> [UInt8] {
        var text = [CChar](repeating: 0, count: pathLimit)
        // SAFETY: the shim writes at most the array's bytes.
        let length = unsafe clinux_read_link(link, &text, UInt64(text.count))
        guard length > 0, length < text.count, text.first == 0x2F else { return [] }
        let path = text.prefix(Int(length)).map { UInt8(bitPattern: $0) }
        guard let named = openPlace(path), let meant = openPlace(Array(link.utf8)),
            let first = identity(named), let second = identity(meant),
            first.device == second.device, first.number == second.number
        else { return [] }
        return path
    }

    private static func openPlace(_ path: [UInt8]) -> HeldDescriptor? {
        let terminated = path.map { CChar(bitPattern: $0) } + [0]
        // SAFETY: the array ends with a zero and lives through the call.
        let raw = unsafe clinux_open_place(terminated)
        return raw >= 0 ? HeldDescriptor(FileDescriptor(owning: Int32(raw))) : nil
    }

    private static func identity(_ file: HeldDescriptor) -> clinux_file_identity? {
        var identity = clinux_file_identity()
        // SAFETY: the shim writes one structure.
        return unsafe clinux_file_identity(file.rawValue, &identity) == 0 ? identity : nil
    }

    /// As many as the kernel looks at (BINPRM_BUF_SIZE); nil where the file may be executed and not read.
    private static func firstBytes(_ file: HeldDescriptor) -> [UInt8]? {
        // SAFETY: the path is a terminated C string for the length of the call.
        let raw = unsafe clinux_open_without_waiting("/proc/self/fd/\(file.rawValue)")
        guard raw >= 0 else { return nil }
        let opened = FileDescriptor(owning: Int32(raw))
        var bytes = [UInt8](repeating: 0, count: 256)
        // SAFETY: the shim writes at most the array's bytes.
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe clinux_read(opened.rawValue, $0.baseAddress, UInt64($0.count))
        }
        return count >= 0 ? Array(bytes.prefix(Int(count))) : nil
    }

    private static func read(_ path: String, limit: Int) -> [UInt8]? {
        // SAFETY: the path is a terminated C string for the length of the call.
        let raw = unsafe path.withCString { unsafe clinux_open_read_only_plainly($0) }
        guard raw >= 0 else { return nil }
        let file = FileDescriptor(owning: Int32(raw))
        var text = [UInt8](repeating: 0, count: limit)
        var size = 0
        while size < limit {
            // SAFETY: the shim writes at most what is left of the array's bytes.
            let count = unsafe text.withUnsafeMutableBytes {
                unsafe clinux_read(
                    file.rawValue, $0.baseAddress.map { unsafe $0 + size }, UInt64(limit - size))
            }
            guard count > 0 else { break }
            size += Int(count)
        }
        return Array(text.prefix(size))
    }
}
