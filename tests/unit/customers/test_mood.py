"""The mood of customers' words, on sentences labelled by hand by the lexicon's own author, and on harder ones."""

import time

import pytest
from kizuna.customers.voice.mood import asks_to_stop, mood_of

#: As people write to companies, by the label a reader would give.
LABELLED = {
    "angry": [
        "ふざけないでください。何度も同じメールを送ってきて。",
        "いい加減にしてください。電話でも断ったはずです。",
        "対応が最悪です。二度と利用しません。",
        "何回言えば分かるんですか。責任者を出してください。",
        "これは詐欺ではないですか。消費者センターに相談します。",
        "しつこいです。本当に迷惑です。",
        "人を馬鹿にしているんですか？",
        "失礼すぎる。もう我慢できない。",
        "返金されないなら訴えます。",
        "正直、腹が立っています。",
        "This is outrageous. I want to speak to your manager.",
        "I am sick and tired of your emails!",
        "Your service is the worst I have ever seen.",
        "This is a scam. I will report you.",
        "How dare you charge me twice?",
        "I'm furious. Nobody has called me back in three weeks.",
        "Absolutely unacceptable. My lawyer will be in touch.",
        "Stop harassing me.",
        "THE APP IS BROKEN AGAIN AND NOBODY ANSWERS ME",
        "What a waste of money. Never again.",
    ],
    "unhappy": [
        "残念ですが、期待していたものと違いました。",
        "ログインできなくて困っています。",
        "最近、画面が遅いです。",
        "正直、料金が高すぎると思います。",
        "使い方が分かりにくいです。",
        "先週注文した商品がまだ届いていません。",
        "少しがっかりしました。",
        "ありがとうございます。ただ、レポートがまだ開けません。エラーが出ます。",
        "解約を考えています。",
        "問い合わせの返事がありません。",
        "I am disappointed with the last update.",
        "The dashboard does not work on my phone.",
        "It is too expensive for a small shop like ours.",
        "I'm not happy with the delivery times.",
        "Thanks, but the problem is still there and the export is broken.",
        "Setting it up was rather confusing.",
        "Still waiting for my refund.",
        "The soup was cold and the box was damaged.",
        "We have had some trouble with billing lately.",
        "Not impressed so far.",
    ],
    "neutral": [
        "来週の火曜日の14時でお願いします。",
        "見積書を送ってください。",
        "担当者が変わりましたので、次からは田中までご連絡ください。",
        "4月から席数を10に変更したいです。",
        "ご迷惑をおかけしますが、日程を変更できますか。",
        "失礼ですが、どなた様でしょうか。",
        "検討して、来月お返事します。",
        "請求書の宛名を変更できますか。",
        "Could you send me the price list?",
        "Let's talk next Tuesday at 2 pm.",
        "Please note that Ms Tanaka is our new contact.",
        "We will decide next month.",
        "Where can I change my address?",
        "Your mail was in my spam folder.",
        "How many seats are in the team plan?",
        "I am out of the office on Friday.",
    ],
    "happy": [
        "ありがとうございます。とても助かりました。",
        "毎月楽しみにしています。",
        "新しい機能、便利ですね。気に入っています。",
        "丁寧なご対応に感謝いたします。",
        "お茶がとてもおいしかったです。",
        "特に問題ありません。満足しています。",
        "スタッフの方が親切で、うれしかったです。",
        "友人にもおすすめしたいです。",
        "Thank you, that solved it.",
        "We love the new reports!",
        "Great service, as always.",
        "The tutorial was really helpful.",
        "No complaints at all, very happy with it.",
        "I'd recommend it to anyone.",
        "Looking forward to the next box.",
        "Thanks for the quick answer.",
    ],
}
SENTENCES = [(label, text) for label, texts in LABELLED.items() for text in texts]
#: The least share of sentences that must be read as labelled; what is reached is printed with `-s`.
LEAST_ACCURACY = 0.9

#: Anger and joy without the words for it, written afterwards and never tuned for: what a lexicon can't do.
INDIRECT = {
    "angry": [
        "もうたくさんです。これ以上かけてこないで。",
        "何なんですかこの会社は。信じられない。",
        "誠意が全く感じられません。社長に手紙を書きます。",
        "勝手に引き落とすなんてあり得ないでしょう。",
        "ネットに全部書きますからね。",
        "You people are a joke. Absolute clowns.",
        "I have asked three times and you keep ignoring me, this is a total disgrace.",
        "Who do you think you are? Delete everything you have about me right now!",
        "I will be telling everyone I know to stay away from you.",
        "Are you kidding me? Again??",
    ],
    "unhappy": [
        "前のバージョンの方が良かったです。",
        "チャットの待ち時間が長いと感じます。",
        "思ったほど使っていません。もったいない気がします。",
        "サイズが合わず、交換の手続きも複雑でした。",
        "味が薄くて、子どもは食べませんでした。",
        "I expected a bit more for this price.",
        "The last box felt repetitive.",
        "We hardly use it any more, to be honest.",
        "It took ages until somebody picked up the phone.",
        "The colour is nothing like on the website.",
    ],
    "neutral": [
        "了解しました。",
        "資料を受け取りました。",
        "木曜日の午後なら空いています。",
        "上司に確認いたします。",
        "支払い方法を教えてください。",
        "Received, will check.",
        "We have 12 people in the team now.",
        "Is there a student price?",
        "Please call me after 5 pm.",
        "We moved to a new office in Osaka.",
    ],
    "happy": [
        "とても分かりやすい説明でした。",
        "家族みんなで楽しんでいます。",
        "予想以上に早く届いて驚きました！",
        "いつもお世話になり、ありがとうございます。",
        "続けてよかったと思います。",
        "This made my week.",
        "Five stars from me!",
        "Really nice touch with the handwritten card.",
        "Exactly what we needed.",
        "You guys rock.",
    ],
}

STOPPING = [
    "配信停止をお願いします。",
    "メールの配信を止めてください。",
    "今後このようなメールは送らないでください。",
    "メルマガは不要です。",
    "もうご案内は結構です。",
    "アドレスの登録を削除してください。",
    "リストから外してください。",
    "配信解除希望",
    "Please unsubscribe me.",
    "Take me off your mailing list.",
    "Stop sending me these emails.",
    "No more emails please",
    "please remove me from this list",
    "Do not contact me again.",
    "I don't want to receive your newsletter anymore.",
    "opt out",
]
STAYING = [
    "配信停止はしないでください。とても役に立っています。",
    "見積書をメールで送ってください。",
    "いつもメールを楽しみにしています。",
    "このサービスを止めるつもりはありません。",
    "商品は不要な包装がなくて良いですね。",
    "I did not unsubscribe, why do I get nothing?",
    "Could you send me the emails in English?",
    "Please remove the second seat from our plan.",
    "The export stops after ten rows.",
    "We can't opt for the larger plan yet.",
]


def test_enough_sentences_are_labelled() -> None:
    assert len(SENTENCES) >= 60 and all(len(texts) >= 15 for texts in LABELLED.values())
    assert len({text for _, text in SENTENCES}) == len(SENTENCES)


def test_most_sentences_are_read_as_a_person_reads_them() -> None:
    wrong = [(label, mood_of(text), text) for label, text in SENTENCES if mood_of(text) != label]
    accuracy = 1 - len(wrong) / len(SENTENCES)
    print(f"\nmood: {accuracy:.1%} of {len(SENTENCES)} sentences; wrong: {wrong}")
    assert accuracy >= LEAST_ACCURACY, wrong


def test_what_is_said_indirectly_is_mostly_missed_but_never_taken_for_anger() -> None:
    """Published so that nobody trusts the lexicon too far: about a third; the rest is read as neutral, and kept."""
    read = [(label, mood_of(text)) for label, texts in INDIRECT.items() for text in texts]
    right = sum(label == found for label, found in read) / len(read)
    print(f"\nmood, indirect: {right:.1%} of {len(read)} sentences")
    assert right >= 0.3
    assert [label for label, found in read if found == "angry" and label != "angry"] == []
    assert sum(found == "neutral" for label, found in read if found != label) >= len(read) * (1 - right) - 1


def test_hardly_any_anger_is_missed_and_no_happy_customer_is_called_angry() -> None:
    missed = [text for text in LABELLED["angry"] if mood_of(text) != "angry"]
    assert len(missed) <= 2, missed
    assert [text for text in (*LABELLED["happy"], *LABELLED["neutral"]) if mood_of(text) == "angry"] == []


@pytest.mark.parametrize("text", STOPPING)
def test_a_request_to_stop_in_plain_words_is_understood(text: str) -> None:
    assert asks_to_stop(text)


@pytest.mark.parametrize("text", STAYING)
def test_nobody_is_taken_off_who_did_not_ask(text: str) -> None:
    assert not asks_to_stop(text)


def test_full_width_letters_and_capitals_say_the_same() -> None:
    assert asks_to_stop("ＵＮＳＵＢＳＣＲＩＢＥ") and mood_of("ｆｕｒｉｏｕｓ") == "angry"


@pytest.mark.parametrize("text", ["a" * 50_000, "!" * 50_000, "メール" * 20_000, "not " * 20_000, "stop the " * 9_000])
def test_hostile_text_takes_no_time(text: str) -> None:
    before = time.perf_counter()
    mood_of(text)
    asks_to_stop(text)
    assert time.perf_counter() - before < 0.5


def test_empty_words_say_nothing() -> None:
    assert mood_of("") == "neutral" and not asks_to_stop("")
