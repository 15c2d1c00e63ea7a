"""llama.cpp's own server with a model of its own making: random weights over single bytes, so that nothing is fetched.

    python llama_server.py FOLDER PORT

Serves on 127.0.0.1 until its standard input is closed. What it answers is noise, but where a grammar leaves it no choice.
"""
import pathlib
import sys

import gguf
import numpy
import xllamacpp

WIDTH, HEADS, INNER, CONTEXT = 64, 4, 128, 2048
UNKNOWN, CONTROL, BYTE, NORMAL = 2, 3, 6, 1  # GGUF's kinds of tokens
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


def write_vocabulary(writer):
    tokens = [b"<unk>", b"<s>", b"</s>", *(f"<0x{byte:02X}>".encode() for byte in range(256)), "\u2581".encode()]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, NORMAL])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)
    writer.add_vocab_size(len(tokens))
    return len(tokens)


def write_weights(writer, tokens):
    chance = numpy.random.default_rng(1)

    def matrix(name, *shape):
        writer.add_tensor(name, (chance.standard_normal(shape) * 0.2).astype(numpy.float32))

    matrix("token_embd.weight", tokens, WIDTH)
    matrix("output.weight", tokens, WIDTH)
    for norm in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{norm}.weight", numpy.ones(WIDTH, numpy.float32))
    for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
        matrix(f"blk.0.{part}.weight", WIDTH, WIDTH)
    matrix("blk.0.ffn_gate.weight", INNER, WIDTH)
    matrix("blk.0.ffn_up.weight", INNER, WIDTH)
    matrix("blk.0.ffn_down.weight", WIDTH, INNER)


def write_model(path):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    write_weights(writer, write_vocabulary(writer))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    path = pathlib.Path(sys.argv[1]) / "noise.gguf"
    write_model(path)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.port = int(sys.argv[2])
    parameters.n_ctx = CONTEXT
    parameters.warmup = False
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
