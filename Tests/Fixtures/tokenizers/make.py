"""Makes the tokenizers and the expected ids beside it with Hugging Face's tokenizers.

usage: make.py        (writes *.json into its own folder)
"""
import json
import os

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

HERE = os.path.dirname(os.path.abspath(__file__))

TEXT = """
The ferry leaves at seven, and it doesn't wait. We're told that it'll rain; I've packed a coat,
I'd bring yours too, and she's sure we'll be there by noon. IT'S LATE, THEY'RE SLEEPING, DON'T ASK.
There are 12 boats, 345 sails and 67890 knots in a rope that's 1,024 metres long: 3.14159 is no
number of boats.    Four spaces come before this, and a tab\tbefore this.

Der Fährmann grüßt die Möwen über dem großen Fluß; die Straße führt bis zur Mühle.
L'été, près de l'île, un cœur naïf rêve déjà d'où l'âme s'élève.
На берегу стоит старый дом, и в доме живёт рыбак. Он чинит сети, пока идёт дождь.
渡し船は七時に出ます。雨が降るでしょう。船は十二隻あります。
渡船七点开，雨下得很大，船上有十二个人。
나룻배는 일곱 시에 떠나고 비가 올 것이다.
يغادر القارب في الساعة السابعة ولن ينتظر أحدا. المطر قادم ١٢٣.
เรือข้ามฟากออกเวลาเจ็ดโมง ฝนกำลังจะตก ๑๒๓
नाव सात बजे निकलती है, और बारिश होगी। १२३
הסירה יוצאת בשבע והגשם יורד.
Το πλοίο φεύγει στις επτά και η βροχή έρχεται.
def ferry(boats: list[int]) -> int:
    total = 0
    for boat in boats:
        total += boat  # one by one
    return total
<p class="note">sails &amp; ropes</p>  {"boats": [1, 2, 3]}  https://example.org/a?b=c
🚢 🌧️ 👩‍👩‍👧‍👦 ⛵🏴󠁧󠁢󠁳󠁣󠁴󠁿 ½ ² Ⅻ ③ ９８７
"""

TRICKY = [
    "", " ", "  ", "   ", "a", " a", "  a", "a ", "a  ", "a   b", "\t", "\t\ta", " \ta", "\n",
    "\n\n", "a\n", "a\n\nb", "a \n b", " \n", "\n ", " \n \n ", "a\r\nb", "a\r\n\r\n  b", "\r",
    "!\n", "!\r\n\n x", " !\n", "?? \n", "\x0b\x0c", "a\x0bb", "\x85", "a\x85b", "a\x85\x85b",
    "\xa0", "a\xa0b", "a\xa0\xa0b", "\xa0\n\xa0x", "\u2003x", "\u2003\u2003x", "\u2028x\u2029",
    "\u3000\u3000x", "\u1680x", "\u200bx", "a\u200bb", "a\u200cb\u200dc", "\u2060", "\ufeffx",
    "\u180ex", "\x00", "a\x00b", "\x1f!", "\x7f", "\xad", "don't", "DON'T", "Don'T", "we'll",
    "WE'LL", "we'Ll", "they're THEY'RE", "I'd I'D", "I'm I'M", "I've I'VE", "'s", "'S", "' s",
    "''s", "'ss", "'lla", "'l", "'r", "'v", "'re're", "a'\u017f", "'\u017fa", "x'tis", "rock'n'roll",
    "\u2019s it\u2019s", "O'Neill's", "'", "''", "'''", " '", " 's", "'é", "1", "12", "123",
    "1234", "12345678901", " 1234", "1,234.5", "3.14", "a1b22c333", "½", "²³", "x²", "Ⅻ", "③④⑤⑥",
    "１２３４", "١٢٣٤", "१२३४", "๑๒๓๔", "一二三四", "𝟏𝟐𝟑𝟒", "𐄇𐄈", "௧௨௩௰", "1\u0301", "\u0e47",
    "naïve", "na\u0069\u0308ve", "é", "e\u0301", "e\u0301\u0323", "e\u0323\u0301", "Å", "\u212b",
    "A\u030a", "\u1e9b\u0323", "ﬁ", "\u2126", "\u0958", "\u0915\u093c", "\u0344", "\u0340x",
    "가", "\u1100\u1161", "\u1100\u1161\u11a8", "가\u11a8", "\uf900", "\U0002f800", "\u0b47\u0b3e",
    "\u09c7\u09be", "x\u0300\u0301\u0302", "\u0300", "\u0300a", " \u0301", "\n\u0301a",
    "\U0001d15e", "Ǆ ǅ ǆ", "ʰʱ", "ª º", "ⓐ ⓑ", "ªb", "ǅa", "Fähre über Flüsse",
    "Straße STRASSE", "на берегу", "НА БЕРЕГУ", "ё", "е\u0308", "渡し船は七時", "渡船七点开。",
    "나룻배는", "القارب في الساعة", "١٢٣ قارب", "เรือข้ามฟาก", "นํ้า", "नाव सात बजे", "किताब",
    "הסירה", "שָׁלוֹם", "Το πλοίο", "தமிழ்", "မြန်မာ", "ខ្មែរ", "ᚠᚢᚦ", "𓀀𓀁", "𐍈", "𠀋𠂢", "😀", "😀😀",
    "a😀b", " 😀", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇩🇪🇫🇷", "☺️", "❤", "\U0001f9d1\U0001f3fd", "\ue000", "\ufffd",
    "\uffff", "\U0010ffff", "\u0378", "\U000e0001", "\ufe0f", "a_b", "__init__", "_", "a-b", "--",
    "...", "?!", "x=y+z", "(a)", "[1,2]", "{}", "$5", "€5", "£", "°C", "#tag", "@me", "a/b",
    "http://x.y/z?q=1&r=2", "    indented", "\tindented", "if x:\n    y\n", "a;\n\n\n\tb", "  \n  \n",
    "x  \n  y", "日本 語", "日本\u3000語", "a。b", "a，b！c", "。\n。", "!!!", "!!!a", "a!!!", " !!!a",
    "<|end|>", "a<|end|>b", " <|end|> ", "<|end|><|end|>", "<|end", "<|end|", "|end|>",
    "<|end|>\n<|end|>", "x <|pad|> y", "<|begin|>", "<|end|>é<|end|>", "<|END|>",
    "x <mask> y", "x  <mask>  y", "<mask> <mask>", "\n<mask>\n", "a<mask>b", "x<mask>\u2003y",
    " cat ", "cat", "cats", "cat cat", "a cat.", "concat", "cat_", "cat\u0301", "cat'cat", "(cat)",
    "caf\u00e9-token", "cafe\u0301-token", "x caf\u00e9-token y", "<|end|>cafe\u0301-token",
    "ab<|end|>'s", "don<|end|>'t", "12<|end|>34", "  <|end|>  a", "The ferry leaves at seven.",
    "unknown words: zyzzyva, qoph", "The ferry, the FERRY; ferry!", "a" * 40, "ab" * 40, " " * 40,
    "é" * 30, "\n" * 20, "1" * 20, "!" * 40, "aaaaaaaaaaaaaaaaaaaaaaaaab", "the" * 20,
    "[CLS] a [SEP]", "a[MASK]b", "[unk] [UNK]", "ΟΔΟΣ ὈΔΥΣΣΕΎΣ", "İstanbul ISI ısı", "ẞ ǅ Ⅻ", "x" * 100,
    "x" * 101, "é" * 100, "é" * 101, "渡" * 30, "가나다라" * 26, "a渡b", "\u302e\U0001d165a",
    "a\U0001d165\u302e", "a\u302e\U0001d165", "\u1b44\u302e", "क\u094d\u093c", "\u0941\u302e", "\u1734x",
    "a\u166db", "\U000111c9", "\U0001e95e", "\ufa0e\uf900", "a\u2028b", "x\u200dy", "ferries leaving",
    "Don't! Isn't, it?", "1,024 metres (long).", "ꙮ \ua673", "\u1e9bx", "Đorđe Łódź Øre", "ﬀ ﬃ",
]

HEAD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def special(text, **flags):
    return AddedToken(text, special=True, normalized=False, **flags)


def bpe(splitter, size, specials, **settings):
    tokenizer = Tokenizer(models.BPE(**settings))
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=specials, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(TEXT.splitlines(keepends=True), trainer)
    return tokenizer


def expression(digits):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(HEAD + digits + TAIL), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def gpt2():
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = bpe(splitter, 640, [special("<|end|>"), special("<|pad|>")])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def prefixed():
    """GPT-2 with a space put first, and added tokens of every kind."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer = bpe(splitter, 420, [special("<|end|>")])
    tokenizer.add_tokens([
        AddedToken("<mask>", lstrip=True, rstrip=True, special=True, normalized=False),
        AddedToken("cat", single_word=True, normalized=False),
        AddedToken("café-token", normalized=True),
        AddedToken("cats and dogs", normalized=False)])
    tokenizer.post_processor = processors.RobertaProcessing(
        ("<|end|>", 0), ("<|end|>", 0), add_prefix_space=True)
    return tokenizer


def llama3():
    tokenizer = bpe(expression(r"\p{N}{1,3}"), 700, [special("<|begin|>"), special("<|end|>")],
                    ignore_merges=True)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(
            single="<|begin|> $A", pair="<|begin|> $A <|begin|> $B",
            special_tokens=[("<|begin|>", 0)])])
    return tokenizer


def qwen2():
    tokenizer = bpe(expression(r"\p{N}"), 640, [])
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_tokens([
        special("<|end|>"), special("<|pad|>"), AddedToken("café-token", normalized=True),
        AddedToken("<mask>", lstrip=True, normalized=True)])
    return tokenizer


def words():
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(
        TEXT.splitlines(), trainers.WordLevelTrainer(
            special_tokens=[special("<unk>"), special("<|end|>")], show_progress=False))
    return tokenizer


def characters():
    """Characters with an unknown token that fuses."""
    vocabulary = {"<unk>": 0}
    for character in sorted(set(TEXT[:2000])):
        vocabulary[character] = len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", fuse_unk=True))
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([special("<unk>")])
    return tokenizer


def pieces(prefix, letters):
    """A vocabulary of letters, words of the text and their ends."""
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    splitter = pre_tokenizers.BertPreTokenizer()
    words = sorted({word for word, _ in splitter.pre_tokenize_str(letters(TEXT))})
    found = {character for word in words for character in word}
    found |= {prefix + character for word in words for character in word[1:]}
    for word in words:
        found |= {word[:3], word[:5]} | ({word} if len(word) < 7 else set())
        found |= {prefix + word[place:] for place in (3, 4) if 0 < len(word[place:]) < 5}
    return {name: place for place, name in enumerate(names + sorted(found - set(names)))}


def bert():
    """As the uncased BERT is made."""
    normalizer = normalizers.BertNormalizer()
    vocabulary = pieces("##", normalizer.normalize_str)
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.add_special_tokens([special(name) for name in list(vocabulary)[:5]])
    return tokenizer


def cased():
    """Accents and capitals stay, words are shorter, and added tokens are of every kind."""
    normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    vocabulary = pieces("@", normalizer.normalize_str)
    tokenizer = Tokenizer(models.WordPiece(
        vocabulary, unk_token="[UNK]", max_input_chars_per_word=12, continuing_subword_prefix="@"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="@", cleanup=False)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens([special(name) for name in list(vocabulary)[:5]])
    tokenizer.add_tokens([
        AddedToken("<mask>", lstrip=True, rstrip=True, special=True, normalized=False),
        AddedToken("cat", single_word=True, normalized=False),
        AddedToken("café-token", normalized=True)])
    return tokenizer


def stripped():
    """Accents go and capitals stay; nothing is cleaned or kept apart."""
    normalizer = normalizers.BertNormalizer(
        clean_text=False, handle_chinese_chars=False, lowercase=False, strip_accents=True)
    vocabulary = pieces("##", normalizer.normalize_str)
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_tokens([AddedToken("café-token", normalized=True)])
    return tokenizer


def main():
    cases = {}
    for make in (gpt2, prefixed, llama3, qwen2, words, characters, bert, cased, stripped):
        tokenizer = make()
        tokenizer.save(os.path.join(HERE, make.__name__ + ".json"), pretty=False)
        ids, decoded = [], []
        for text in TRICKY:
            ids.append(tokenizer.encode(text).ids)
            decoded.append(tokenizer.decode(ids[-1], skip_special_tokens=True))
        cases[make.__name__] = {"ids": ids, "decoded": decoded}
    with open(os.path.join(HERE, "expected.json"), "w", encoding="utf-8") as out:
        json.dump({"text": TEXT, "texts": TRICKY, "cases": cases}, out, ensure_ascii=False,
                  separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main()
