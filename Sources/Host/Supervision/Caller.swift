internal import CLinux
internal import Linux

/// What /proc says of a thread that waits in a call. It is read while the thread waits, and only worth something if it waits afterwards too.
struct CallerStatus {
    private(set) var process: UInt32 = 0
    private(set) var parent: UInt32 = 0
    private(set) var threads: UInt32 = 0
    /// By which files are opened.
    private(set) var user: UInt32 = .max
    private(set) var group: UInt32 = .max
    private(set) var groups: [UInt32] = []
    private(set) var effectiveCapabilities: UInt64 = 0
    private(set) var name: [UInt8] = []
    /// Signals that wait to be taken, and are neither blocked nor ignored.
    private(set) var hasSignal = false

    /// Nil where the thread is gone.
    init?(thread: UInt32) {
        guard let text = Self.read("/proc/\(thread)/status") else { return nil }
        var signals: UInt64 = 0
        var deaf: UInt64 = 0
        for line in text.split(separator: 0x0A) {
            guard let colon = line.firstIndex(of: 0x3A) else { continue }
            let key = String(decoding: line[..<colon], as: UTF8.self)
            let value = line[(colon + 1)...]
            switch key {
            case "Name": name = Self.unescaped(value.dropFirst())
            case "Tgid": process = Self.numbers(value).first ?? 0
            case "PPid": parent = Self.numbers(value).first ?? 0
            case "Threads": threads = Self.numbers(value).first ?? 0
            // Real, effective, saved, and that of files.
            case "Uid": user = Self.numbers(value).last ?? .max
            case "Gid": group = Self.numbers(value).last ?? .max
            case "Groups": groups = Self.numbers(value)
            case "CapEff": effectiveCapabilities = Self.bits(value)
            case "SigPnd", "ShdPnd": signals |= Self.bits(value)
            case "SigBlk", "SigIgn": deaf |= Self.bits(value)
            case _: break
            }
        }
        hasSignal = signals & ~deaf != 0
        guard threads > 0 else { return nil }
    }

    /// Whether it may open what this other may, as far as owners go.
    func hasOwners(of other: CallerStatus) -> Bool {
        user == other.user && group == other.group && groups == other.groups
    }

    private static func read(_ path: String) -> [UInt8]? {
        // SAFETY: the path is a terminated C string for the length of the call.
        let raw = unsafe path.withCString { unsafe clinux_open_read_only_plainly($0) }
        guard raw >= 0 else { return nil }
        let file = FileDescriptor(owning: Int32(raw))
        var bytes = [UInt8](repeating: 0, count: 4096)
        // SAFETY: the shim writes at most the array's bytes.
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe clinux_read(file.rawValue, $0.baseAddress, UInt64($0.count))
        }
        guard count > 0 else { return nil }
        return Array(bytes.prefix(Int(count)))
    }

    private static func numbers(_ text: ArraySlice<UInt8>) -> [UInt32] {
        text.split { $0 == 0x20 || $0 == 0x09 }.compactMap { UInt32(String(decoding: $0, as: UTF8.self)) }
    }

    private static func bits(_ text: ArraySlice<UInt8>) -> UInt64 {
        UInt64(String(decoding: text.drop { $0 == 0x20 || $0 == 0x09 }, as: UTF8.self), radix: 16) ?? 0
    }

    /// The kernel writes a newline in a name as \n and a backslash as \\ (fs/proc/array.c).
    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var name: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == 0x5C, let next = rest.first else {
                name.append(byte)
                continue
            }
            rest.removeFirst()
            name.append(next == 0x6E ? 0x0A : next)
        }
        return name
    }
}
