import CellImage
import Channel
import Testing

@testable import Virtualization

@Suite("The image's header")
struct ImageLayoutTests {
    private static func image(
        pages: Int = 3, magic: UInt64 = ImageLayout.magic, entry: UInt64 = 0x40_1000, textStart: UInt64 = 0x40_1000,
        textSize: UInt64 = 0x1000, size: UInt64? = nil, helper: UInt64 = 0x40_1010, fault: UInt64 = 0x40_1020
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: pages * 4096)
        for (index, word) in [
            magic, entry, textStart, textSize, size ?? UInt64(pages * 4096), helper, fault,
        ].enumerated() {
            for byte in 0..<8 { bytes[index * 8 + byte] = UInt8(truncatingIfNeeded: word >> (8 * UInt64(byte))) }
        }
        return bytes
    }

    @Test("the image of this build is one, within its room")
    func ownImage() throws {
        let layout = try ImageLayout(parsing: CellImage.bytes)
        #expect(layout.size == UInt64(CellImage.bytes.count))
        #expect(layout.size <= 64 << 10)
        #expect(layout.textStart > AddressMap.image && layout.textStart % AddressMap.pageSize == 0)
        #expect(layout.entry == layout.textStart)
        #expect(layout.nativeHelper != layout.nativeFault)
    }

    @Test("a sound header is read as it stands")
    func sound() throws {
        let layout = try ImageLayout(parsing: Self.image())
        #expect(
            layout.entry == 0x40_1000 && layout.textStart == 0x40_1000 && layout.textSize == 0x1000
                && layout.size == 0x3000)
        // Text to the last byte, entry in its last byte.
        #expect(try ImageLayout(parsing: Self.image(entry: 0x40_2FFF, textSize: 0x2000)).entry == 0x40_2FFF)
    }

    @Test(
        "each lie of a header is refused by its name",
        arguments: [
            ([], .tooShort(bytes: 0, needed: 56)),
            ([UInt8](repeating: 0, count: 55), .tooShort(bytes: 55, needed: 56)),
            (image(magic: 1), .magic(got: 1, expected: 0x4547_414D_4943_454C)),
            (image(size: 0x2000), .sizeDiffers(header: 0x2000, file: 0x3000)),
            (image(size: 0x4000), .sizeDiffers(header: 0x4000, file: 0x3000)),
            (image(size: 0), .sizeDiffers(header: 0, file: 0x3000)),
            (Array(image(size: 0x2FF8).dropLast(8)), .sizeDiffers(header: 0x2FF8, file: 0x2FF8)),
            (image(size: 0x1_1000), .tooLarge(bytes: 0x1_1000, limit: 0x1_0000)),
            (image(pages: 17), .tooLarge(bytes: 0x1_1000, limit: 0x1_0000)),
            (image(size: .max), .tooLarge(bytes: .max, limit: 0x1_0000)),
            (image(textStart: 0x3F_F000), .textOutside(start: 0x3F_F000, size: 0x1000)),
            (image(textStart: 0), .textOutside(start: 0, size: 0x1000)),
            (image(textStart: 0x40_3000), .textOutside(start: 0x40_3000, size: 0x1000)),
            (image(textStart: 0xFFFF_FFFF_FFFF_F000), .textOutside(start: 0xFFFF_FFFF_FFFF_F000, size: 0x1000)),
            (image(textSize: 0x3000), .textOutside(start: 0x40_1000, size: 0x3000)),
            (image(textSize: 0xFFFF_FFFF_FFFF_F000), .textOutside(start: 0x40_1000, size: 0xFFFF_FFFF_FFFF_F000)),
            (image(textStart: 0x40_1008), .textOutside(start: 0x40_1008, size: 0x1000)),
            (image(textSize: 0x800), .textOutside(start: 0x40_1000, size: 0x800)),
            (image(entry: 0x40_0FFF), .entryOutsideText(entry: 0x40_0FFF)),
            (image(entry: 0x40_2000), .entryOutsideText(entry: 0x40_2000)),
            (image(entry: .max), .entryOutsideText(entry: .max)),
            (image(entry: 0x40_1000, textSize: 0), .entryOutsideText(entry: 0x40_1000)),
            (image(helper: 0x40_0FFF), .nativeEntryOutsideText(address: 0x40_0FFF)),
            (image(helper: 0), .nativeEntryOutsideText(address: 0)),
            (image(fault: 0x40_2000), .nativeEntryOutsideText(address: 0x40_2000)),
            (image(fault: .max), .nativeEntryOutsideText(address: .max)),
        ] as [([UInt8], ImageLayout.LayoutError)])
    func lies(bytes: [UInt8], expected: ImageLayout.LayoutError) {
        #expect(throws: expected) { try ImageLayout(parsing: bytes) }
    }
}
