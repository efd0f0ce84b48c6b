internal import Channel

/// Where the parts of the image lie, as its first page says and as the loader checked.
package struct ImageLayout: Equatable, Sendable {
    package let entry: UInt64
    package let textStart: UInt64
    package let textSize: UInt64
    /// Bytes of the whole image, whole pages.
    package let size: UInt64
    /// What compiled programs call for a helper, and jump to where they cannot go on.
    package let nativeHelper: UInt64
    package let nativeFault: UInt64

    /// Why a file is not an image.
    package enum LayoutError: Error, Equatable, Sendable {
        case tooShort(bytes: Int, needed: Int)
        case magic(got: UInt64, expected: UInt64)
        case sizeDiffers(header: UInt64, file: UInt64)
        case tooLarge(bytes: UInt64, limit: UInt64)
        case textOutside(start: UInt64, size: UInt64)
        case entryOutsideText(entry: UInt64)
        case nativeEntryOutsideText(address: UInt64)
    }

    static let magic: UInt64 = 0x4547_414D_4943_454C
    package static let headerSize = 56

    /// Checks a whole image.
    package init(parsing image: [UInt8]) throws(LayoutError) {
        try self.init(header: Array(image.prefix(Self.headerSize)), fileSize: UInt64(image.count))
    }

    /// Reads the header that `Images/cell.ld` writes, of a file of `fileSize` bytes.
    package init(header: [UInt8], fileSize: UInt64) throws(LayoutError) {
        guard header.count >= Self.headerSize else { throw .tooShort(bytes: header.count, needed: Self.headerSize) }
        func word(_ index: Int) -> UInt64 {
            header[index * 8..<index * 8 + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard word(0) == Self.magic else { throw .magic(got: word(0), expected: Self.magic) }
        entry = word(1)
        textStart = word(2)
        textSize = word(3)
        size = word(4)
        nativeHelper = word(5)
        nativeFault = word(6)
        guard size <= AddressMap.imageCapacity else { throw .tooLarge(bytes: size, limit: AddressMap.imageCapacity) }
        guard size == fileSize, size % AddressMap.pageSize == 0 else {
            throw .sizeDiffers(header: size, file: fileSize)
        }
        guard textStart >= AddressMap.image, textSize <= size, textStart - AddressMap.image <= size - textSize,
            (textStart | textSize) % AddressMap.pageSize == 0
        else { throw .textOutside(start: textStart, size: textSize) }
        let text = textStart..<textStart + textSize
        guard text.contains(entry) else { throw .entryOutsideText(entry: entry) }
        for address in [nativeHelper, nativeFault] where !text.contains(address) {
            throw .nativeEntryOutsideText(address: address)
        }
    }
}
