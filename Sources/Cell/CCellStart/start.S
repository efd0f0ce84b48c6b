// Where the cell starts: long mode, CPL 3, RSP at the top of the private region, no interrupt and no descriptor table.
// Never returns; should it, `ud2` ends the cell with a report.
#if defined(__ELF__) && !defined(__linux__)
#include "CCellStart.h"

.section ".text.boot","ax"
.globl _start
_start:
    xorl %ebp, %ebp
    call cell_main
    ud2

// Native code. The register map: r0 rax, r1 rdi, r2 rsi, r3 rdx, r4 rcx, r5 r8, r6 rbx, r7 r13, r8 r14, r9 r15, r10 rbp; r12 is fuel.
// Compiled programs keep the image's stack and return to it; where they cannot, the stack pointer of their entry is put back.
// The words are those of NativeWords (Swift).

// cell_native_enter(entry, argument1, argument2, fuel, frame)
.section ".text.native","ax"
.globl cell_native_enter
cell_native_enter:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, CELL_NATIVE_WORDS
    movq $0, CELL_NATIVE_WORDS + 8
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %r12
    movq %r8, %rbp
    call *%rax
.Lleave:
    movq %r12, CELL_NATIVE_WORDS + 24
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

// Jumped to with the fault in r9 and what it is about in r11.
.globl cell_native_fault
cell_native_fault:
    movq %r9, CELL_NATIVE_WORDS + 8
    movq %r11, CELL_NATIVE_WORDS + 16
.Lunwind:
    movq CELL_NATIVE_WORDS, %rsp
    jmp .Lleave

// Called with R1-R5 where C wants them and, in r9, what `cell_native_call` calls `call`.
.globl cell_native_helper
cell_native_helper:
    movq %rbp, CELL_NATIVE_WORDS + 40
    call cell_native_call
    testl %edx, %edx
    jnz .Lunwind
    ret
#endif
#if defined(__linux__)
.section .note.GNU-stack,"",@progbits
#endif
