package import Linux

/// The lines of a file one after the other, in memory that does not depend on how long the file is.
package struct LineReader: ~Copyable {
    private let descriptor: FileDescriptor
    private var buffer: [UInt8] = []
    /// The first byte of `buffer` that was not given yet, and up to where there is no newline.
    private var start = 0
    private var searched = 0
    private var end: UInt64
    /// Where the next line begins.
    package private(set) var offset: UInt64

    private static let chunk = 256 << 10

    package init(_ descriptor: consuming FileDescriptor, from offset: UInt64 = 0) {
        self.descriptor = descriptor
        self.offset = offset
        end = offset
    }

    package enum Line: Equatable, Sendable {
        case whole([UInt8])
        /// The file ends in it.
        case unfinished([UInt8])
        /// It goes on past the longest that a record may have; the rest of it is skipped.
        case tooLong(prefix: [UInt8])
    }

    /// Nil at the end of the file; more may have come when it is asked again.
    package mutating func next() throws(SystemError) -> Line? {
        var isTooLong = false
        var prefix: [UInt8] = []
        while true {
            if let newline = buffer[searched...].firstIndex(of: 0x0A) {
                let line = Array(buffer[start..<newline])
                offset += UInt64(newline + 1 - start)
                start = newline + 1
                searched = start
                return isTooLong ? .tooLong(prefix: prefix) : .whole(line)
            }
            searched = buffer.count
            if buffer.count - start > LogRecord.maximumLineBytes {
                if !isTooLong { prefix = Array(buffer[start..<start + 64]) }
                isTooLong = true
                offset += UInt64(buffer.count - start)
                start = buffer.count
            }
            let more = try read(descriptor, count: Self.chunk, at: end)
            if more.isEmpty {
                if isTooLong { return .tooLong(prefix: prefix) }
                return start == buffer.count ? nil : .unfinished(Array(buffer[start...]))
            }
            buffer.removeFirst(start)
            searched -= start
            start = 0
            buffer += more
            end += UInt64(more.count)
        }
    }
}
