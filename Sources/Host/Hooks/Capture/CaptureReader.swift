/// Reads a capture, one record after the other, out of bytes that the caller holds: classic pcap, or pcapng.
///
/// The reader keeps a cursor and no bytes: pass the same bytes to every call. Of a pcapng file it also keeps the interfaces of the present
/// section; nothing else is allocated. Every number in the file is checked before it is used, and a record that is returned lies wholly
/// within the bytes.
///
/// ```
/// var reader = try CaptureReader(file)
/// while let record = try reader.next(in: file) { … file.extracting(record.bytes) … }
/// ```
package struct CaptureReader: Sendable {
    /// What to do when the file ends inside its last record, as a capture does whose writer was stopped.
    package enum Truncation: Sendable {
        /// `next` throws, after it has returned every record before.
        case refused
        /// `next` ends, and says in ``CaptureReader/truncation`` what is missing.
        case tolerated
    }

    private enum Format {
        case classic(ClassicReader)
        case blocks(BlockReader)
    }

    private var format: Format

    /// Reads the file's header.
    package init(_ bytes: borrowing Span<UInt8>, truncation: Truncation = .refused) throws(CaptureError) {
        format =
            if BlockReader.begins(bytes) {
                .blocks(BlockReader(truncation: truncation))
            } else { .classic(try ClassicReader(bytes, truncation: truncation)) }
    }

    /// That of the file, or for a pcapng file, which has none of the kind, one with which its records can be written as classic pcap.
    package var header: CaptureHeader {
        switch format {
        case .classic(let reader): reader.header
        case .blocks: CaptureHeader(byteOrder: .littleEndian, resolution: .nanoseconds)
        }
    }

    /// How the file ended early, once `next` has met it.
    package var truncation: CaptureError? {
        switch format {
        case .classic(let reader): reader.truncation
        case .blocks(let reader): reader.truncation
        }
    }

    /// The next record, or nil where the file ends. Once it has thrown, it throws the same again.
    package mutating func next(in bytes: borrowing Span<UInt8>) throws(CaptureError) -> CaptureRecord? {
        switch format {
        case .classic(var reader):
            defer { format = .classic(reader) }
            return try reader.next(in: bytes)
        case .blocks(var reader):
            // What it has would be copied where two had it.
            format = .blocks(BlockReader(truncation: .refused))
            defer { format = .blocks(reader) }
            return try reader.next(in: bytes)
        }
    }
}
