#pragma once
#include <stdbool.h>
#include <stdint.h>

#define CEXECUTION_HANDLER __attribute__((preserve_none))

typedef struct {
    uint64_t address;
    uint64_t limit;
    uint64_t detail;
} cexecution_cursor;

uint32_t cexecution_step(
    uint8_t operation, cexecution_cursor *_Nonnull cursor, uint64_t *_Nonnull registers, void *_Nonnull state);
bool cexecution_settle(uint32_t stop, cexecution_cursor *_Nonnull cursor, void *_Nonnull state);

#define CEXECUTION_PARAMETERS \
    uint64_t pc, uint64_t limit, uint64_t *_Nonnull registers, void *_Nonnull state, uint64_t detail, uint32_t stop
typedef CEXECUTION_HANDLER void (*_Nonnull cexecution_handler)(CEXECUTION_PARAMETERS);
static const cexecution_handler cexecution_handlers[256];

static CEXECUTION_HANDLER __attribute__((noinline, cold)) void cexecution_interrupt(CEXECUTION_PARAMETERS) {
    cexecution_cursor cursor = {pc, limit, detail};
    if (!cexecution_settle(stop, &cursor, state)) return;
    [[clang::musttail]] return cexecution_handlers[*(const uint8_t *)pc](pc, limit, registers, state, detail, stop);
}

#define CEXECUTION_ALL(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) \
    X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31) \
    X(32) X(33) X(34) X(35) X(36) X(37) X(38) X(39) X(40) X(41) X(42) X(43) X(44) X(45) X(46) X(47) \
    X(48) X(49) X(50) X(51) X(52) X(53) X(54) X(55) X(56) X(57) X(58) X(59) X(60) X(61) X(62) X(63) \
    X(64) X(65) X(66) X(67) X(68) X(69) X(70) X(71) X(72) X(73) X(74) X(75) X(76) X(77) X(78) X(79) \
    X(80) X(81) X(82) X(83) X(84) X(85) X(86) X(87) X(88) X(89) X(90) X(91) X(92) X(93) X(94) X(95) \
    X(96) X(97) X(98) X(99) X(100) X(101) X(102) X(103) X(104) X(105) X(106) X(107) X(108) X(109) X(110) X(111) \
    X(112) X(113) X(114) X(115) X(116) X(117) X(118) X(119) X(120) X(121) X(122) X(123) X(124) X(125) X(126) X(127) \
    X(128) X(129) X(130) X(131) X(132) X(133) X(134) X(135) X(136) X(137) X(138) X(139) X(140) X(141) X(142) X(143) \
    X(144) X(145) X(146) X(147) X(148) X(149) X(150) X(151) X(152) X(153) X(154) X(155) X(156) X(157) X(158) X(159) \
    X(160) X(161) X(162) X(163) X(164) X(165) X(166) X(167) X(168) X(169) X(170) X(171) X(172) X(173) X(174) X(175) \
    X(176) X(177) X(178) X(179) X(180) X(181) X(182) X(183) X(184) X(185) X(186) X(187) X(188) X(189) X(190) X(191) \
    X(192) X(193) X(194) X(195) X(196) X(197) X(198) X(199) X(200) X(201) X(202) X(203) X(204) X(205) X(206) X(207) \
    X(208) X(209) X(210) X(211) X(212) X(213) X(214) X(215) X(216) X(217) X(218) X(219) X(220) X(221) X(222) X(223) \
    X(224) X(225) X(226) X(227) X(228) X(229) X(230) X(231) X(232) X(233) X(234) X(235) X(236) X(237) X(238) X(239) \
    X(240) X(241) X(242) X(243) X(244) X(245) X(246) X(247) X(248) X(249) X(250) X(251) X(252) X(253) X(254) X(255)

#define CEXECUTION_DEFINE(operation)                                                                                \
    static CEXECUTION_HANDLER __attribute__((section(".text.cexecution." #operation)))                              \
    void cexecution_handle_##operation(CEXECUTION_PARAMETERS) {                                                     \
        cexecution_cursor cursor = {pc, limit, 0};                                                                  \
        uint32_t interruption;                                                                                      \
        [[clang::always_inline]] interruption = cexecution_step(operation, &cursor, registers, state);              \
        if (__builtin_expect(interruption != 0, 0)) {                                                               \
            [[clang::musttail]] return cexecution_interrupt(                                                        \
                cursor.address, cursor.limit, registers, state, cursor.detail, interruption);                       \
        }                                                                                                           \
        [[clang::musttail]] return cexecution_handlers[*(const uint8_t *)cursor.address](                           \
            cursor.address, cursor.limit, registers, state, detail, stop);                                          \
    }
CEXECUTION_ALL(CEXECUTION_DEFINE)

static const cexecution_handler cexecution_handlers[256] = {
    cexecution_handle_0, cexecution_handle_1, cexecution_handle_2, cexecution_handle_3,
    cexecution_handle_4, cexecution_handle_5, cexecution_handle_6, cexecution_handle_7,
    cexecution_handle_8, cexecution_handle_9, cexecution_handle_10, cexecution_handle_11,
    cexecution_handle_12, cexecution_handle_13, cexecution_handle_14, cexecution_handle_15,
    cexecution_handle_16, cexecution_handle_17, cexecution_handle_18, cexecution_handle_19,
    cexecution_handle_20, cexecution_handle_21, cexecution_handle_22, cexecution_handle_23,
    cexecution_handle_24, cexecution_handle_25, cexecution_handle_26, cexecution_handle_27,
    cexecution_handle_28, cexecution_handle_29, cexecution_handle_30, cexecution_handle_31,
    cexecution_handle_32, cexecution_handle_33, cexecution_handle_34, cexecution_handle_35,
    cexecution_handle_36, cexecution_handle_37, cexecution_handle_38, cexecution_handle_39,
    cexecution_handle_40, cexecution_handle_41, cexecution_handle_42, cexecution_handle_43,
    cexecution_handle_44, cexecution_handle_45, cexecution_handle_46, cexecution_handle_47,
    cexecution_handle_48, cexecution_handle_49, cexecution_handle_50, cexecution_handle_51,
    cexecution_handle_52, cexecution_handle_53, cexecution_handle_54, cexecution_handle_55,
    cexecution_handle_56, cexecution_handle_57, cexecution_handle_58, cexecution_handle_59,
    cexecution_handle_60, cexecution_handle_61, cexecution_handle_62, cexecution_handle_63,
    cexecution_handle_64, cexecution_handle_65, cexecution_handle_66, cexecution_handle_67,
    cexecution_handle_68, cexecution_handle_69, cexecution_handle_70, cexecution_handle_71,
    cexecution_handle_72, cexecution_handle_73, cexecution_handle_74, cexecution_handle_75,
    cexecution_handle_76, cexecution_handle_77, cexecution_handle_78, cexecution_handle_79,
    cexecution_handle_80, cexecution_handle_81, cexecution_handle_82, cexecution_handle_83,
    cexecution_handle_84, cexecution_handle_85, cexecution_handle_86, cexecution_handle_87,
    cexecution_handle_88, cexecution_handle_89, cexecution_handle_90, cexecution_handle_91,
    cexecution_handle_92, cexecution_handle_93, cexecution_handle_94, cexecution_handle_95,
    cexecution_handle_96, cexecution_handle_97, cexecution_handle_98, cexecution_handle_99,
    cexecution_handle_100, cexecution_handle_101, cexecution_handle_102, cexecution_handle_103,
    cexecution_handle_104, cexecution_handle_105, cexecution_handle_106, cexecution_handle_107,
    cexecution_handle_108, cexecution_handle_109, cexecution_handle_110, cexecution_handle_111,
    cexecution_handle_112, cexecution_handle_113, cexecution_handle_114, cexecution_handle_115,
    cexecution_handle_116, cexecution_handle_117, cexecution_handle_118, cexecution_handle_119,
    cexecution_handle_120, cexecution_handle_121, cexecution_handle_122, cexecution_handle_123,
    cexecution_handle_124, cexecution_handle_125, cexecution_handle_126, cexecution_handle_127,
    cexecution_handle_128, cexecution_handle_129, cexecution_handle_130, cexecution_handle_131,
    cexecution_handle_132, cexecution_handle_133, cexecution_handle_134, cexecution_handle_135,
    cexecution_handle_136, cexecution_handle_137, cexecution_handle_138, cexecution_handle_139,
    cexecution_handle_140, cexecution_handle_141, cexecution_handle_142, cexecution_handle_143,
    cexecution_handle_144, cexecution_handle_145, cexecution_handle_146, cexecution_handle_147,
    cexecution_handle_148, cexecution_handle_149, cexecution_handle_150, cexecution_handle_151,
    cexecution_handle_152, cexecution_handle_153, cexecution_handle_154, cexecution_handle_155,
    cexecution_handle_156, cexecution_handle_157, cexecution_handle_158, cexecution_handle_159,
    cexecution_handle_160, cexecution_handle_161, cexecution_handle_162, cexecution_handle_163,
    cexecution_handle_164, cexecution_handle_165, cexecution_handle_166, cexecution_handle_167,
    cexecution_handle_168, cexecution_handle_169, cexecution_handle_170, cexecution_handle_171,
    cexecution_handle_172, cexecution_handle_173, cexecution_handle_174, cexecution_handle_175,
    cexecution_handle_176, cexecution_handle_177, cexecution_handle_178, cexecution_handle_179,
    cexecution_handle_180, cexecution_handle_181, cexecution_handle_182, cexecution_handle_183,
    cexecution_handle_184, cexecution_handle_185, cexecution_handle_186, cexecution_handle_187,
    cexecution_handle_188, cexecution_handle_189, cexecution_handle_190, cexecution_handle_191,
    cexecution_handle_192, cexecution_handle_193, cexecution_handle_194, cexecution_handle_195,
    cexecution_handle_196, cexecution_handle_197, cexecution_handle_198, cexecution_handle_199,
    cexecution_handle_200, cexecution_handle_201, cexecution_handle_202, cexecution_handle_203,
    cexecution_handle_204, cexecution_handle_205, cexecution_handle_206, cexecution_handle_207,
    cexecution_handle_208, cexecution_handle_209, cexecution_handle_210, cexecution_handle_211,
    cexecution_handle_212, cexecution_handle_213, cexecution_handle_214, cexecution_handle_215,
    cexecution_handle_216, cexecution_handle_217, cexecution_handle_218, cexecution_handle_219,
    cexecution_handle_220, cexecution_handle_221, cexecution_handle_222, cexecution_handle_223,
    cexecution_handle_224, cexecution_handle_225, cexecution_handle_226, cexecution_handle_227,
    cexecution_handle_228, cexecution_handle_229, cexecution_handle_230, cexecution_handle_231,
    cexecution_handle_232, cexecution_handle_233, cexecution_handle_234, cexecution_handle_235,
    cexecution_handle_236, cexecution_handle_237, cexecution_handle_238, cexecution_handle_239,
    cexecution_handle_240, cexecution_handle_241, cexecution_handle_242, cexecution_handle_243,
    cexecution_handle_244, cexecution_handle_245, cexecution_handle_246, cexecution_handle_247,
    cexecution_handle_248, cexecution_handle_249, cexecution_handle_250, cexecution_handle_251,
    cexecution_handle_252, cexecution_handle_253, cexecution_handle_254, cexecution_handle_255
};

static inline void cexecution_run(
    cexecution_cursor cursor, uint64_t *_Nonnull registers, void *_Nonnull state) {
    cexecution_handlers[*(const uint8_t *)cursor.address](cursor.address, cursor.limit, registers, state, 0, 0);
}
