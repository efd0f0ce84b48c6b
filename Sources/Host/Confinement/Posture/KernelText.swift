internal import CLinux
internal import Linux

/// Why something under /proc or /sys could not be known. What cannot be read is unknown, never assumed.
package enum PostureError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel refused to show it.
    case unreadable(path: String, errno: Int32)
    /// Something else than the kernel's own file system is there.
    case notMounted(path: String, fileSystem: String)
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
        case .notMounted(let path, let fileSystem): "\(fileSystem) is not mounted at \(path)"
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

    func map<Other>(_ transform: (Value) -> Other) -> Finding<Other> {
        switch self {
        case .known(let value): .known(transform(value))
        case .unknown(let error): .unknown(error)
        }
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
        let raw = unsafe clinux_open_read_only(path)
        guard raw >= 0 else { throw .unreadable(path: path, errno: Int32(-raw)) }
        return try read(FileDescriptor(owning: Int32(raw)), path: path)
    }

    static func read(_ file: borrowing FileDescriptor, path: String) throws(PostureError) -> [UInt8] {
        let chunk = 16 << 10
        let descriptor = file.rawValue
        var text: [UInt8] = []
        while text.count <= limit {
            let end = text.count
            text += repeatElement(0, count: chunk)
            // SAFETY: `chunk` bytes follow `end`, and the call writes no more.
            let status = unsafe text.withUnsafeMutableBytes { bytes in
                unsafe confinement_read_fully(descriptor, bytes.baseAddress.map { unsafe $0 + end }, chunk, UInt64(end))
            }
            guard status >= 0 else { throw .unreadable(path: path, errno: Int32(-status)) }
            text.removeLast(chunk - Int(status))
            if status < chunk { return text }
        }
        throw .tooLong(path: path, limit: limit)
    }

    /// One line of text, without its end.
    static func line(_ path: String) throws(PostureError) -> String {
        let text = String(decoding: try read(path), as: UTF8.self)
        return String(text.prefix { $0 != "\n" })
    }

    static func link(_ path: String) throws(PostureError) -> String {
        var target = [CChar](repeating: 0, count: 4096)
        // SAFETY: the call writes at most the array's size and tells how much it wrote.
        let length = unsafe target.withUnsafeMutableBufferPointer { buffer in
            unsafe confinement_read_link(path, buffer.baseAddress, buffer.count)
        }
        guard length >= 0 else { throw .unreadable(path: path, errno: Int32(-length)) }
        guard length < target.count else { throw .tooLong(path: path, limit: target.count - 1) }
        return String(decoding: target.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The entries of a directory that are numbers, in order.
    static func numbers(in path: String) throws(PostureError) -> [Int32] {
        var numbers = [Int32](repeating: 0, count: 4096)
        // SAFETY: the call writes at most the array's size and tells how many it wrote.
        let count = unsafe numbers.withUnsafeMutableBufferPointer { buffer in
            unsafe confinement_list_numbers(path, buffer.baseAddress, buffer.count)
        }
        guard count != -Int64(CONFINEMENT_EOVERFLOW) else { throw .tooMany(path: path, limit: numbers.count) }
        guard count >= 0 else { throw .unreadable(path: path, errno: Int32(-count)) }
        return numbers.prefix(Int(count)).sorted()
    }
}
