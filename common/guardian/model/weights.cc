// The model that training wrote (weights.bin), put into the program as it is.
__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    ".global datamigrate_guardian_weights\n"
    "datamigrate_guardian_weights:\n"
    ".incbin \"" DATAMIGRATE_GUARDIAN_WEIGHTS
    "\"\n"
    ".global datamigrate_guardian_weights_end\n"
    "datamigrate_guardian_weights_end:\n"
    ".byte 0\n"
    ".previous\n");
