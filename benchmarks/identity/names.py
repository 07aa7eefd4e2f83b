"""Japanese names, put together from the parts that most of them are made of: 2,700 of families, 1,600 given ones.

Each part is Chinese characters, katakana, Latin letters as people write them on cards. Real names are more varied
still; what matters for a benchmark is that two people seldom have the same name by chance (here about 1 in 400,000
pairs; in Japan about 1 in a million), and that some do.
"""

from itertools import zip_longest

COMMON_FAMILIES = """佐藤 サトウ sato|鈴木 スズキ suzuki|高橋 タカハシ takahashi|田中 タナカ tanaka|伊藤 イトウ ito
渡辺 ワタナベ watanabe|山本 ヤマモト yamamoto|中村 ナカムラ nakamura|小林 コバヤシ kobayashi
加藤 カトウ kato|吉田 ヨシダ yoshida|山田 ヤマダ yamada|佐々木 ササキ sasaki|松本 マツモト matsumoto
井上 イノウエ inoue|木村 キムラ kimura|林 ハヤシ hayashi|斎藤 サイトウ saito|清水 シミズ shimizu
山崎 ヤマザキ yamazaki|阿部 アベ abe|森 モリ mori|池田 イケダ ikeda|橋本 ハシモト hashimoto
長谷川 ハセガワ hasegawa|後藤 ゴトウ goto|近藤 コンドウ kondo|遠藤 エンドウ endo|金子 カネコ kaneko
工藤 クドウ kudo|安藤 アンドウ ando|千葉 チバ chiba|菅原 スガワラ sugawara|久保 クボ kubo
佐野 サノ sano|菊地 キクチ kikuchi|桜井 サクライ sakurai|渡部 ワタベ watabe|広瀬 ヒロセ hirose
柳 ヤナギ yanagi|服部 ハットリ hattori|内藤 ナイトウ naito|新井 アライ arai|河野 コウノ kono"""
FAMILY_FIRST = """石 イシ ishi|山 ヤマ yama|川 カワ kawa|森 モリ mori|松 マツ matsu|竹 タケ take|梅 ウメ ume
杉 スギ sugi|高 タカ taka|大 オオ o|小 コ ko|中 ナカ naka|上 ウエ ue|下 シモ shimo|北 キタ kita
南 ミナミ minami|西 ニシ nishi|東 ヒガシ higashi|前 マエ mae|福 フク fuku|吉 ヨシ yoshi|藤 フジ fuji
長 ナガ naga|広 ヒロ hiro|浜 ハマ hama|沢 サワ sawa|岡 オカ oka|坂 サカ saka|黒 クロ kuro
白 シラ shira|赤 アカ aka|青 アオ ao|岩 イワ iwa|土 ツチ tsuchi|宮 ミヤ miya|寺 テラ tera
神 カミ kami|金 カネ kane|米 ヨネ yone|稲 イナ ina|桑 クワ kuwa|桜 サクラ sakura|菊 キク kiku
荒 アラ ara|荻 オギ ogi|秋 アキ aki|早 ハヤ haya|冬 フユ fuyu|村 ムラ mura|谷 タニ tani
柳 ヤナギ yanagi|堀 ホリ hori|相 アイ ai|有 アリ ari|今 イマ ima|岸 キシ kishi|倉 クラ kura
栗 クリ kuri|島 シマ shima|関 セキ seki|玉 タマ tama|津 ツ tsu|鶴 ツル tsuru|富 トミ tomi
鳥 トリ tori|根 ネ ne|野 ノ no|畑 ハタ hata|平 ヒラ hira|細 ホソ hoso|丸 マル maru|三 ミ mi
水 ミズ mizu|本 モト moto|安 ヤス yasu|横 ヨコ yoko|若 ワカ waka"""
FAMILY_LAST = """田 ダ da|村 ムラ mura|山 ヤマ yama|川 カワ kawa|本 モト moto|井 イ i|野 ノ no|原 ハラ hara
島 シマ shima|沢 ザワ zawa|崎 ザキ zaki|木 キ ki|口 グチ guchi|尾 オ o|谷 タニ tani|森 モリ mori
岡 オカ oka|橋 ハシ hashi|浦 ウラ ura|瀬 セ se|倉 クラ kura|坂 サカ saka|内 ウチ uchi|辺 ベ be
塚 ヅカ zuka|津 ツ tsu|上 ガミ gami|松 マツ matsu|浜 ハマ hama|池 イケ ike|屋 ヤ ya|江 エ e
越 コシ koshi|部 ベ be"""
MEN_FIRST = """健 ケン ken|大 ダイ dai|俊 シュン shun|雄 ユウ yu|翔 ショウ sho|光 コウ ko|良 リョウ ryo
信 シン shin|正 マサ masa|和 カズ kazu|秀 ヒデ hide|博 ヒロ hiro|義 ヨシ yoshi|隆 タカ taka
武 タケ take|友 トモ tomo|直 ナオ nao|昌 ショウ sho|幸 ユキ yuki|貴 タカ taka|哲 テツ tetsu
達 タツ tatsu|勝 カツ katsu|清 キヨ kiyo|敏 トシ toshi|晃 アキ aki|拓 タク taku|泰 ヤス yasu
英 エイ ei|龍 リュウ ryu|颯 ソウ so|悠 ユウ yu|陽 ヨウ yo|慎 シン shin|圭 ケイ kei|修 シュウ shu
純 ジュン jun|元 ゲン gen|公 キミ kimi|成 ナリ nari"""
MEN_LAST = """太 タ ta|介 スケ suke|人 ト to|樹 キ ki|也 ヤ ya|平 ヘイ hei|太郎 タロウ taro|之 ユキ yuki
一 イチ ichi|二 ジ ji|郎 ロウ ro|明 アキ aki|夫 オ o|彦 ヒコ hiko|吾 ゴ go|志 シ shi|斗 ト to
哉 ヤ ya|司 ジ ji|則 ノリ nori"""
WOMEN_FIRST = """美 ミ mi|麻 マ ma|優 ユ yu|佳 カ ka|恵 ケイ kei|陽 ハル haru|千 チ chi|真 マ ma|由 ユ yu|明 アケ ake
友 トモ tomo|奈 ナ na|彩 アヤ aya|沙 サ sa|里 リ ri|菜 ナ na|紀 ノリ nori|幸 サチ sachi|和 カズ kazu
智 トモ tomo|久 ク ku|京 キョウ kyo|春 ハル haru|文 フミ fumi|静 シズ shizu|芳 ヨシ yoshi
貴 タカ taka|純 ジュン jun|理 リ ri|絵 エ e|亜 ア a|朋 トモ tomo|律 リツ ritsu|礼 レイ rei|瑠 ル ru
真由 マユ mayu|亜由 アユ ayu|由美 ユミ yumi|久美 クミ kumi|百合 ユリ yuri"""
WOMEN_LAST = """子 コ ko|香 カ ka|美 ミ mi|奈 ナ na|穂 ホ ho|江 エ e|代 ヨ yo|絵 エ e|里 リ ri|花 カ ka|音 ネ ne
衣 イ i|乃 ノ no|希 キ ki|帆 ホ ho|菜 ナ na|緒 オ o|果 カ ka|沙 サ sa|実 ミ mi"""

#: Kanji, katakana, Latin letters.
Name = tuple[str, str, str]


def families() -> list[Name]:
    """The most frequent first; each written differently from all others."""
    return _distinct([*_read(COMMON_FAMILIES), *_pairs(_read(FAMILY_FIRST), _read(FAMILY_LAST))])


def given_names() -> list[Name]:
    """Men's and women's in turn."""
    men = _pairs(_read(MEN_FIRST), _read(MEN_LAST))
    women = _pairs(_read(WOMEN_FIRST), _read(WOMEN_LAST))
    return _distinct([name for both in zip_longest(men, women) for name in both if name is not None])


def _read(text: str) -> list[Name]:
    return [(kanji, kana, latin) for kanji, kana, latin in map(str.split, text.replace("\n", "|").split("|"))]


def _pairs(first: list[Name], last: list[Name]) -> list[Name]:
    """Diagonally, so that no part stands with the first ones only."""
    diagonal = sorted((a + b, a, b) for a in range(len(first)) for b in range(len(last)))
    return [_put_together(first[a], last[b]) for _, a, b in diagonal if first[a][0] != last[b][0]]


def _put_together(first: Name, last: Name) -> Name:
    return (first[0] + last[0], first[1] + last[1], (first[2] + last[2]).capitalize())


def _distinct(names: list[Name]) -> list[Name]:
    return list({name[0]: (name[0], name[1], name[2].capitalize()) for name in reversed(names)}.values())[::-1]
