// Where the cell starts: long mode, CPL 3, RSP at the top of the private region, no interrupt and no descriptor table.
// Never returns; should it, `ud2` ends the cell with a report.
#if defined(__ELF__) && !defined(__linux__)
.section ".text.boot","ax"
.globl _start
_start:
    xorl %ebp, %ebp
    call cell_main
    ud2
#endif
#if defined(__linux__)
.section .note.GNU-stack,"",@progbits
#endif
