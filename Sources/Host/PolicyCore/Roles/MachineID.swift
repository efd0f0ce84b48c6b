/// The identity of a host, as `/etc/machine-id` has it (man 5 machine-id): 32 lower-case hexadecimal digits.
package struct MachineID: Hashable, Sendable {
    package let text: String

    /// Nil unless the text is a machine id.
    package init?(_ text: String) {
        guard text.utf8.count == 32, bytes(fromHexadecimal: text.utf8) != nil else { return nil }
        self.text = text
    }
}
