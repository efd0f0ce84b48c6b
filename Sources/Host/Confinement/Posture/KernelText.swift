internal import CLinux
internal import Linux

/// Why something under /proc or /sys could not be known. What cannot be read is unknown, never assumed.
package enum PostureError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel refused to show it.
    case unreadable(path: String, errno: Int32)
    /// The file is longer than anything this kernel should say.
    case tooLong(path: String, limit: Int)
    /// A line is not in the form that proc(5) documents.
    case malformed(path: String, line: Int)
    /// A field that should be there is not.
    case missing(path: String, field: String)
    /// There are more entries than the reader takes.
    case tooMany(path: String, limit: Int)

    package var description: String {
        switch self {
        case .unreadable(let path, let errno): "\(path): \(SystemError.text(of: errno)) (errno \(errno))"
        case .tooLong(let path, let limit): "\(path) is longer than \(limit) bytes"
        case .malformed(let path, let line): "\(path), line \(line): not in the documented form"
        case .missing(let path, let field): "\(path) has no field \(field)"
        case .tooMany(let path, let limit): "\(path) has more than \(limit) entries"
        }
    }
}

/// A fact, or why it is not known.
package enum Finding<Value: Sendable & Equatable>: Equatable, Sendable {
    case known(Value)
    case unknown(PostureError)

    init(_ body: () throws(PostureError) -> Value) {
        do throws(PostureError) { self = .known(try body()) } catch { self = .unknown(error) }
    }

    package var value: Value? {
        switch self {
        case .known(let value): value
        case .unknown: nil
        }
    }
}

/// Reads small files that the kernel makes up as they are read.
enum KernelText {
    static let limit = 1 << 20

    static func read(_ path: String) throws(PostureError) -> [UInt8] {
        // SAFETY: the string is a terminated C string for the length of the call.
        let raw = unsafe confinement_open_for_reading(path)
        guard raw >= 0 else { throw .unreadable(path: path, errno: Int32(-raw)) }
        return try read(FileDescriptor(owning: Int32(raw)), path: path)
    }

    static func read(_ file: borrowing FileDescriptor, path: String) throws(PostureError) -> [UInt8] {
        var text: [UInt8] = []
        let descriptor = file.rawValue
        while text.count <= limit {
            var status: Int64 = 0
            let offset = UInt64(text.count)
            let chunk = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
                // SAFETY: the call writes at most the buffer's size and tells how much it wrote.
                status = unsafe confinement_read_at(descriptor, buffer.baseAddress, buffer.count, offset)
                count = max(0, Int(status))
            }
            guard status >= 0 else { throw .unreadable(path: path, errno: Int32(-status)) }
            if text.isEmpty { text = chunk } else { text += chunk }
            if chunk.count < 16 << 10 { return text }
        }
        throw .tooLong(path: path, limit: limit)
    }

    /// One line of text, without its end.
    static func line(_ path: String) throws(PostureError) -> String {
        let text = String(decoding: try read(path), as: UTF8.self)
        return String(text.prefix { $0 != "\n" })
    }

    static func link(_ path: String) throws(PostureError) -> String {
        var status: Int64 = 0
        let target = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            // SAFETY: the call writes at most the buffer's size and tells how much it wrote.
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                status = unsafe confinement_read_link(path, characters.baseAddress, characters.count)
            }
            count = max(0, Int(status))
        }
        guard status >= 0 else { throw .unreadable(path: path, errno: Int32(-status)) }
        guard target.count < 4096 else { throw .tooLong(path: path, limit: 4095) }
        return String(decoding: target, as: UTF8.self)
    }

    /// The entries of a directory that are numbers, in order.
    static func numbers(in path: String) throws(PostureError) -> [Int32] {
        let limit = 4096
        var status: Int64 = 0
        let numbers = [Int32](unsafeUninitializedCapacity: limit) { buffer, count in
            // SAFETY: the call writes at most `limit` numbers and tells how many.
            status = unsafe confinement_list_numbers(path, buffer.baseAddress, limit)
            count = max(0, Int(status))
        }
        guard status != -75 else { throw .tooMany(path: path, limit: limit) }  // EOVERFLOW
        guard status >= 0 else { throw .unreadable(path: path, errno: Int32(-status)) }
        return numbers.sorted()
    }
}
