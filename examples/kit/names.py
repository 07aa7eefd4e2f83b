"""Fictional people and places: names as they are written, and as addresses spell them."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Words written `名:name`, as they are written in Japanese and in addresses."""
    return tuple((word.split(":")[0], word.split(":")[1]) for word in text.split())


FAMILY_JA = pairs(
    """
    山田:yamada 佐藤:sato 鈴木:suzuki 高橋:takahashi 田中:tanaka 伊藤:ito 渡辺:watanabe 中村:nakamura
    小林:kobayashi 加藤:kato 吉田:yoshida 山本:yamamoto 松本:matsumoto 井上:inoue 木村:kimura 林:hayashi
    清水:shimizu 山崎:yamazaki 池田:ikeda 橋本:hashimoto 阿部:abe 石川:ishikawa 前田:maeda 藤田:fujita
    後藤:goto 岡田:okada 長谷川:hasegawa 村上:murakami 近藤:kondo 坂本:sakamoto
    """
)
GIVEN_JA = pairs(
    """
    花子:hanako 太郎:taro 美咲:misaki 翔太:shota 陽子:yoko 健一:kenichi 由美:yumi 大輔:daisuke 直美:naomi
    誠:makoto 恵子:keiko 拓也:takuya 真由美:mayumi 和也:kazuya 裕子:yuko 亮:ryo 久美子:kumiko 剛:tsuyoshi
    愛:ai 浩二:koji 智子:tomoko 学:manabu 香織:kaori 隆:takashi 奈々:nana 修:osamu 明美:akemi
    達也:tatsuya さくら:sakura 蓮:ren
    """
)
FAMILY_EN = words(
    """
    Clarke Bennett Sharma Osei Murphy Rossi Tanaka Novak Dubois Larsen Fischer Khan Silva Brown Wilson
    Evans Patel Nguyen Lopez Cohen Walker Young Adams Reid Ford Mason Grant Ellis Doyle Hunt
    """
)
GIVEN_EN = words(
    """
    Emma Liam Olivia Noah Ava James Sophia Lucas Mia Ethan Amara Arjun Chloe Diego Elena Felix Grace Hugo
    Isla Jonas Kira Leo Maya Nina Omar Paula Quinn Rosa Sam Tara
    """
)
WARDS = (
    ("東京都架空区見本町", "Mihoncho, Kaku-ku, Tokyo"),
    ("東京都架空区若葉台", "Wakabadai, Kaku-ku, Tokyo"),
    ("神奈川県仮想市汐見町", "Shiomicho, Kaso-shi, Kanagawa"),
    ("千葉県仮想市松風", "Matsukaze, Kaso-shi, Chiba"),
    ("愛知県物語市緑ヶ丘", "Midorigaoka, Monogatari-shi, Aichi"),
    ("大阪府空想区川辺", "Kawabe, Kuso-ku, Osaka"),
    ("京都府空想区竹之内町", "Takenouchicho, Kuso-ku, Kyoto"),
    ("兵庫県物語市浜通", "Hamadori, Monogatari-shi, Hyogo"),
    ("福岡県空想区桜坂", "Sakurazaka, Kuso-ku, Fukuoka"),
    ("北海道物語市雪見町", "Yukimicho, Monogatari-shi, Hokkaido"),
)
"""Places that do not exist, in prefectures that do. Their postcodes begin with 000, as none does."""
MAIL_HOSTS = ("kazemail", "tegami", "yubinbox", "hatomail")
"""Providers of private mailboxes, each under `.example`."""
