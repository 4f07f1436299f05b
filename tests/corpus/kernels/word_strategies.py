"""Pieces of text that tokenizers stumble over, and texts made of them."""

from hypothesis import strategies as st

from tests.oracles.words import cases

NASTY = [
    *[
        "can't've I'd've y'all o'clock ma'am 'Tis 'cause C'mon gonna cannot dont id im wed ill",
        "it's It's he's HE'S 5's",
    ],
    *[
        "U.K. U.S.A. e.g., i.e.: a.m. 10a.m. 10am. Ph.D. Mr.Smith Mr.-Smith (St.Louis) Co., Inc.) D.C.",
        "A.B.C. AB. Ab. a.",
    ],
    *[
        "http://example.com/a?b=c#d, https://x.org). www.y.co.uk: ftp://u:p@h.io:21/x",
        "a@b.com <c@d.org>; mailto:x@y.de",
    ],
    *[
        "1.2.3.4 10.0.0.1 192.168.1.1:80 223.255.255.254/x 256.1.1.1 1.2.3.4:8080/p",
        "file.txt README.md a.b lower.Upper",
    ],
    *[
        ":-) :) ;) :( :-D :P <3 </3 ^_^ o_O >.< (^_^) ¯\\(ツ)/¯ (╯°□°）╯︵┻━┻ ><(((*>",
        ":)) :))) :)))) :'( =) :o) 8) XD x:)",
    ],
    *[
        "10km 5€ €5 $5 US$5 5US$ A$1 10% 100km/h 5m² 3µg 20°C. 20° C. °F. 1MB 2тб 5كم",
        "1+2 1-2 3*4 2^-3 +5 5+ -5 1,234.5 1.5e-3",
    ],
    *[
        "well-known state-of-the-art a--b a---b a----b 3--a – — a—b a——b ~x a~b",
        "'a' ''b'' \"c\" “d” ‘e’ «f» „g“ `h` ``i''",
    ],
    *["a.. b... c.... ...d .e ..f …… … a…b .... . .", "§5 #tag @user *bold* **b** _it_ __init__ ~~x~~ &amp; &c."],
    *["f(x)=y+z; x[0]={'a': 1}; if(a<b&&c>d){return!e;}", '<p class="x">a<b>b</b></p><br/> <space> \\n \\t \\")'],
    *[
        "| a | b |\n|---|---|\n- [x] item\n1. one\n> quote\n```py\ncode\n```",
        "C++ C# .NET node.js a/b and/or w/o km/h :/ /usr/bin",
    ],
    *[
        "👩\u200d💻 ❤\ufe0f 🇩🇪 a👍b ©2020 ™ ®",
        "\ufeffa\u200bb c\u00add e\u0301 \u0301 f\u2060g",
        "a\u00a0b\u2003c\u3000d\x85e\x1cf",
    ],
    *[
        "((((a)))) [[[b]]] {{{c}}} <<<d>>> !!!?!? ,,,;;;",
        "'''''' '''' ''a'' 's 'S ’s d's’s",
        "_ __ ___ - -- --- = == ===",
    ],
    *[
        "id. Id. id.. (id.) Wash. wash. vs. v.s. Jan.-Feb. Jan.Feb. Sept.,",
        "St . : ) ' ' ' . a . b",
        "a: b:c d:e 1:2 x=y 1=a a<b",
    ],
    *[
        "x" * 70 + ".com " + "y" * 63 + ".de -a.com a-.com a_b.com a..com .com é.fr ñ.ÑN",
        "A.b a.B 'a.'b \"a.\"B a,b A,b 1,a",
    ],
]
CHARACTERS = "aAbBszST.,;:!?'’\"()[]{}<>-–—~+*/=^_#@&%$€£°²§0159…|\\ \t\n\u00a0\u200b\u0301éÉñßяЯмкαאبकé·漢かカไ"
PARTS = [
    *[
        "US$",
        "km",
        "'s",
        "http://",
        "www.",
        ".com",
        "co",
        "://",
        "..",
        "--",
        "---",
        "——",
        "°C.",
        "a.m",
        "☃",
        "👩",
        "\u200d",
    ],
    *["……", "m/s", "тб", "10", "255", "192.168", "1.2.3.4", ":80", "  ", " "],
]
WORD_TEXTS = st.lists(
    st.one_of(st.sampled_from(CHARACTERS), st.sampled_from(PARTS), st.sampled_from(sorted(cases()))), max_size=12
).map("".join)
SPACED_TEXTS = WORD_TEXTS.filter(lambda text: not set(text) & set("漢かカไツ"))
