"""Keys: what is written differently and equal gets one key, what is different keeps two, and nothing raises."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.customers.identity.normalise import mail_key, name_keys, phone_key, plain

ANYTHING = st.text(max_size=60) | st.text(alphabet="@+.＠<>山田太郎 ヤマﾀﾞんー-0123456789０９abcABC'", max_size=40)
NAMES = st.text(alphabet="様さまん殿御中 DRdrMrsiÐø0.'山田ヤマー", max_size=12)
LOCAL = st.text(alphabet="abcdefgh0123456789._-+", min_size=1, max_size=12)


@given(ANYTHING)
def test_keys_of_keys_are_themselves(text: str) -> None:
    for key in (plain, mail_key, phone_key):
        assert key(key(text)) == key(text)


@given(ANYTHING | NAMES)
def test_a_name_is_written_or_sounds_and_its_spaces_do_not_matter(text: str) -> None:
    keys = name_keys(text)
    assert not (keys.written and keys.sound)
    assert name_keys(f" {text} ".replace(" ", "\u3000 ")) == keys
    assert keys.sound.split() == sorted(keys.sound.split())


@given(ANYTHING, ANYTHING)
def test_a_reading_that_is_no_reading_changes_nothing_and_raises_nothing(name: str, kana: str) -> None:
    assert name_keys(name, kana).written == name_keys(name).written


@given(LOCAL, LOCAL, st.sampled_from(["example.co.jp", "yahoo.co.jp", "docomo.ne.jp"]))
def test_different_addresses_of_a_provider_that_tells_them_apart_keep_different_keys(
    one: str, other: str, domain: str
) -> None:
    assert (mail_key(f"{one}@{domain}") == mail_key(f"{other}@{domain}")) is (one == other)


@given(LOCAL, LOCAL)
def test_gmail_addresses_get_one_key_only_where_one_mailbox_gets_both(one: str, other: str) -> None:
    def mailbox(local: str) -> str:
        return (local.partition("+")[0] or local).replace(".", "") or (local.partition("+")[0] or local)

    are_one = mailbox(one) == mailbox(other)
    assert (mail_key(f"{one}@gmail.com") == mail_key(f"{other}@googlemail.com")) is are_one


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("Taro.Yamada+shop@GMAIL.com", "taroyamada@gmail.com"),
        ("taro.yamada@googlemail.com", "taroyamada@gmail.com"),
        ("Ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ", "taro@example.co.jp"),
        (" mailto:Taro@Example.jp ", "taro@example.jp"),
        ("山田 太郎 <taro@example.jp>", "taro@example.jp"),
        ("taro+shop@example.co.jp", "taro+shop@example.co.jp"),
        ("taro+shop@outlook.com", "taro@outlook.com"),
        ("a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp"),
        ("taro", ""),
        ("taro@example", ""),
        ("a@b.jp, c@d.jp", ""),
        ("", ""),
    ],
)
def test_mail(raw: str, key: str) -> None:
    assert mail_key(raw) == key


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("090-1234-5678", "+819012345678"),
        ("０９０ー１２３４ー５６７８", "+819012345678"),
        ("+81 (0)90 1234 5678", "+819012345678"),
        ("(03) 1234-5678", "+81312345678"),
        ("+1 650-253-0000", "+16502530000"),
        ("00000000000", ""),
        ("110", ""),
        ("なし", ""),
        ("", ""),
    ],
)
def test_phone(raw: str, key: str) -> None:
    assert phone_key(raw) == key


@given(st.from_regex(r"0[0-9]{8,10}", fullmatch=True))
def test_the_fast_way_for_japanese_numbers_says_what_phonenumbers_says(digits: str) -> None:
    try:
        number = phonenumbers.parse(digits, "JP")
    except phonenumbers.NumberParseException:
        assert phone_key(digits) == ""
        return
    said = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert phone_key(digits) == (said if phonenumbers.is_valid_number(number) else "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("齋藤 髙志", "斉藤　高志"),
        ("斎藤高志", "齊藤 高志"),
        ("山﨑 太郎", "山崎太郎様"),
        ("渡邊 さくら", "渡辺 サクラ"),
        ("Dr. 山田 太郎", "山田太郎 殿"),
    ],
)
def test_old_and_new_writings_are_one_name(one: str, other: str) -> None:
    assert name_keys(one).written == name_keys(other).written != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ﾔﾏﾀﾞ ﾀﾛｳ", "やまだ たろう"),
        ("ヤマダ　タロー", "Taro Yamada"),
        ("YAMADA Taro", "taro yamada"),
        ("Prof.Taro Yamada", "ヤマダ タロウ さま"),
        ("オオノ ショウヘイ", "Shohei Ohno"),
        ("ナンバ ジュンペイ", "Jumpei Namba"),
        ("キョウコ サトウ", "Kyōko Satō"),
        ("ハットリ シンイチ", "Shin'ichi Hattori"),
    ],
)
def test_names_that_sound_alike_are_one_name_in_any_order(one: str, other: str) -> None:
    assert name_keys(one).sound == name_keys(other).sound != ""


def test_kana_without_a_space_sounds_like_kana_with_one() -> None:
    assert name_keys("ヤマダタロウ").sound_joined == name_keys("山田 太郎", "やまだ たろう").sound_joined


@pytest.mark.parametrize(
    ("one", "other"), [("山田 太郎", "山田 次郎"), ("ヤマダ タロウ", "ヤマダ ジロウ"), ("Taro Yamada", "Jiro Yamada")]
)
def test_brothers_keep_two_names(one: str, other: str) -> None:
    first, second = name_keys(one), name_keys(other)
    assert (first.written, first.sound) != (second.written, second.sound)
    assert (first.given_written, first.given_sound) != (second.given_written, second.given_sound)
