import Confinement
import Foundation
import Testing

@Suite("A glance at the host")
struct PostureGlanceTests {
    @Test("two glances at the same host are the same; a device that is gone, or only looks like one, is another host")
    func differs() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ringfence-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let fake = folder.appendingPathComponent("kvm").path
        let absent = PostureGlance.ofThisHost(kvm: fake)
        #expect(absent == PostureGlance.ofThisHost(kvm: fake))
        #expect(absent.text == PostureGlance.ofThisHost(kvm: fake).text)
        try Data().write(to: URL(fileURLWithPath: fake))
        let spoofed = PostureGlance.ofThisHost(kvm: fake)
        #expect(spoofed.text != absent.text)
        // Another device that is a character device too.
        let zero = PostureGlance.ofThisHost(kvm: "/dev/zero")
        #expect(Set([absent.text, spoofed.text, zero.text]).count == 3)
        #expect(PostureGlance.ofThisHost().text == PostureGlance.ofThisHost().text)
    }
}
