internal import CLinux

/// A kernel's refusal: which call, and why.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The call that failed, as a person would type it in `man 2 …`.
    package let call: String
    /// The `errno` it left.
    package let code: Int32

    /// EFBIG: the kernel's own word for a file beyond a limit.
    package static let fileTooLarge: Int32 = 27
    /// ENOENT: no such file.
    package static let noSuchFile: Int32 = 2
    /// EEXIST: a file of that name is there.
    package static let fileExists: Int32 = 17
    /// EWOULDBLOCK: another has the lock.
    package static let wouldBlock: Int32 = 11
    /// EPERM: an operation that is not allowed on this object.
    package static let notPermitted: Int32 = 1
    package static let invalidArgument: Int32 = 22
    /// ENXIO: a device or a pipe with nobody behind it.
    package static let noSuchDevice: Int32 = 6
    /// EXDEV: a path that leads to another mount.
    package static let crossesDevice: Int32 = 18
    /// ENOTDIR: a directory that is none.
    package static let notDirectory: Int32 = 20
    /// ELOOP: a link where none may be.
    package static let tooManyLinks: Int32 = 40
    /// EOVERFLOW: more than there is room for.
    package static let overflow: Int32 = 75

    package init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call): \(Self.text(of: code)) (errno \(code))" }

    /// The text of an errno value, as strerror(3) gives it.
    package static func text(of code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        // SAFETY: the shim writes at most `count` bytes and always a terminating 0.
        unsafe buffer.withUnsafeMutableBufferPointer { unsafe clinux_error_text(code, $0.baseAddress, $0.count) }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Turns the shim's convention (a result, or a negated errno) into a value or an error.
@inline(never)
package func checked(_ call: StaticString, _ result: Int) throws(SystemError) -> Int {
    guard result >= 0 else { throw SystemError(call: "\(call)", code: Int32(truncatingIfNeeded: -result)) }
    return result
}

/// An open file, closed exactly once.
package struct FileDescriptor: ~Copyable, Sendable {
    package let rawValue: Int32

    /// Takes ownership of an open descriptor.
    package init(owning rawValue: Int32) {
        precondition(rawValue >= 0, "a file descriptor is not negative")
        self.rawValue = rawValue
    }

    /// Takes ownership of an open descriptor and gives it another number, so that a filter made earlier can name it.
    package init(renumbering descriptor: Int32, to number: Int32) throws(SystemError) {
        self.init(owning: Int32(try checked("dup3", Int(clinux_renumber(descriptor, number)))))
    }

    /// A second descriptor of what is open already.
    package init(duplicating descriptor: borrowing FileDescriptor) throws(SystemError) {
        self.init(owning: Int32(try checked("fcntl(F_DUPFD)", Int(clinux_duplicate(descriptor.rawValue)))))
    }

    deinit { _ = clinux_close(rawValue) }

    /// Gives up ownership without closing.
    package consuming func release() -> Int32 {
        let raw = rawValue
        discard self
        return raw
    }
}
