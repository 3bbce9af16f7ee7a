"""Two codes side by side: what sets them apart, and what to do."""

import re
from types import ModuleType

import pytest

from smtpprobe import compare
from smtpprobe.explaining import ExplainError
from smtpprobe.knowledge import tables
from smtpprobe.renderers import Options
from smtpprobe.renderers.lookups import markdown
from smtpprobe.renderers.lookups import text as as_text
from smtpprobe.words.entry import Entry
from smtpprobe.words.texts import languages, words_in


def told(a: str, b: str, of: str) -> tuple[str, str] | None:
    """What is told of one respect, as keys; None if they do not differ in it."""
    return next(((one.a, one.b) for one in compare(a, b).differences if one.of == of), None)


def test_whether_the_classes_agree_comes_first() -> None:
    assert compare("421", "450").same_class
    assert not compare("235", "421").same_class
    assert "2yz Positive Completion" in compare("235", "421").classes
    assert compare("535", "5.7.8").same_class


def test_the_differences_come_from_facts() -> None:
    assert told("235", "421", "class") == ("2yz", "4yz")
    assert told("235", "535", "permanence") == ("success", "permanent")
    assert told("421", "450", "connection") == ("yes", "no")
    assert told("211", "535", "commands") == ("HELP", "AUTH")
    assert told("450", "550", "retry") == ("later", "changed")
    assert told("421", "450", "class") is None


def test_what_no_table_tells_is_no_difference() -> None:
    assert {one.of for one in compare("999", "421").differences} == {"class", "permanence"}
    assert told("X.7.8", "5.7.9", "retry") is None


def test_an_enhanced_code_answers_what_its_basic_codes_have_in_common() -> None:
    assert compare("535", "5.7.8").differences == ()


def test_a_pair_of_one_reply_is_told_as_one() -> None:
    (text,) = compare("535", "5.7.8").instead
    assert "535 5.7.8" in text
    assert compare("5.7.8", "535").instead == (text,)
    assert "believe 250" in compare("5.7.1", "250").instead[0]


def test_codes_of_different_commands_do_not_stand_in_for_each_other() -> None:
    (text,) = compare("211", "235").instead
    assert "out of step" in text


def test_the_same_code_twice_is_said_kindly() -> None:
    found = compare("535", "535")
    assert (found.same, found.differences, found.instead) == (True, (), ())
    assert found.headline.count("535") == 1


def test_codes_that_no_table_knows_keep_their_names() -> None:
    found = compare("458", "599")
    assert (found.a.id, found.b.id) == ("458", "599")
    assert compare("5.99.99", "4.7.0").a.id == "5.99.99"


@pytest.mark.parametrize("what", ["", "5", "STARTTLS", "5350", "535 5.7.8", "9.1.1", "\x1b[2J"])
def test_what_is_no_code_is_an_error(what: str) -> None:
    with pytest.raises(ExplainError, match="no reply code"):
        compare(what, "535")


@pytest.mark.parametrize("a", [*tables.ids("replies"), "5.7.8", "4.7.0", "2.1.5", "X.7.8", "4yz", "999"])
def test_any_two_codes_can_be_compared(a: str) -> None:
    for b in (*tables.ids("replies"), "5.1.1", "X.1.1", "5yz", "000"):
        found = compare(a, b)
        texts = [found.headline, found.classes, *found.instead, *(one.text for one in found.differences)]
        assert all(text == text.strip() and "{" not in text for text in texts)
        assert len(set(found.instead)) == len(found.instead)
        assert bool(found.instead) is not found.same


# The pairs of the documents that the project grew from, with every fact that they had, put right

PAIRS = [("211", "235"), ("211", "535"), ("214", "235"), ("220", "235"), ("235", "421")]
EVERYWHERE = {
    "211": "2yz HELP STAT",
    "214": "2yz HELP 250 502",
    "220": "2yz 25 465 587 STARTTLS ss|-ltn",
    "235": "2yz AUTH PLAIN LOGIN MAIL",
    "421": "4yz",
    "535": "5yz AUTH Gmail",
}
# What each language says of them: a pattern for each fact.
SAID = {
    "en": {
        "211": ["status", "no status command"],
        "214": ["lists its commands", "explains one"],
        "220": ["first reply", "host name", "software", "go-ahead", "running", "port right", "firewall"],
        "235": ["accepted", "may still be refused", "another code", "user name", "password", "mechanism"],
        "421": [
            *("closes the connection", "greeting", "mid-session", "overload", "maintenance", "shutdown"),
            *("rate limit", "[Rr]etry later", "operator", "load", "disk", "limits"),
        ],
        "535": ["user name", "password", "permission", "app password", "revoked", "mechanism"],
    },
    "ja": {
        "211": ["状態", "状態を問い合わせるコマンドがない"],
        "214": ["コマンドの一覧", "個々のコマンドの説明"],
        "220": [
            "最初に受け取る応答",
            "ホスト名",
            "ソフトウェア",
            "合図",
            "動いている",
            "ポート",
            "ファイアウォール",
        ],
        "235": [
            "受け入れられ",
            "拒否されることはあります",
            "別のコード",
            "ユーザー名",
            "パスワード",
            "認証方式",
        ],
        "421": [
            *("接続を閉じます", "グリーティング", "セッションの途中", "過負荷", "メンテナンス", "停止処理"),
            *("レート制限", "再試行", "サーバー管理者", "負荷", "ディスク", "上限"),
        ],
        "535": ["ユーザー名", "パスワード", "権限", "アプリパスワード", "取り消", "認証方式"],
    },
    "ru": {
        "211": ["состояни", "команды для запроса состояния в SMTP нет"],
        "214": ["перечисляет свои команды", "поясняет одну"],
        "220": [
            "первый ответ",
            "именем хоста",
            "программ",
            "разрешает начать",
            "работает ли",
            "порт",
            "экран",
        ],
        "235": ["принят", "ещё может отклонить", "другой код", "имя пользователя", "пароль", "механизм"],
        "421": [
            *("закрывает соединение", "приветствия", "посреди сеанса", "перегрузка", "обслуживание"),
            *("остановка", "ограничение частоты", "попытку позже", "администратор", "нагрузку", "диск"),
        ],
        "535": ["имя пользователя", "пароль", "разрешено", "пароль приложения", "отозван", "механизм"],
    },
    "vi": {
        "211": ["trạng thái", "không có lệnh hỏi trạng thái"],
        "214": ["danh sách lệnh", "giải thích một lệnh"],
        "220": [
            "phản hồi đầu tiên",
            "tên máy",
            "phần mềm",
            "cho phép bắt đầu",
            "đang chạy",
            "cổng",
            "tường lửa",
        ],
        "235": ["chấp nhận", "vẫn có thể bị từ chối", "mã khác", "tên người dùng", "mật khẩu", "cơ chế"],
        "421": [
            *("đóng kết nối", "lời chào", "giữa phiên", "quá tải", "bảo trì", "đang dừng"),
            *("giới hạn tần suất", "Thử lại sau", "quản trị viên", "tải", "đĩa", "giới hạn"),
        ],
        "535": ["tên người dùng", "mật khẩu", "quyền", "mật khẩu ứng dụng", "thu hồi", "cơ chế"],
    },
}
HEADINGS = {
    "en": [],
    "ja": ["説明", "このコードが表示される場合", "解決方法", "主な違い", "どちらをいつ使うか"],
    "ru": ["Описание", "Когда вы это видите", "Как исправить", "Ключевые различия", "Когда что использовать"],
    "vi": ["Mô tả", "Khi bạn thấy mã này", "Cách khắc phục", "Sự khác biệt chính", "Khi nào dùng cái nào"],
}


def side(entry: Entry) -> str:
    return " ".join((entry.id, entry.title, entry.klass, entry.meaning, entry.when, entry.fix))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
def test_a_pair_has_every_fact_of_the_source(pair: tuple[str, str], language: str) -> None:
    found = compare(*pair, language=language)
    for entry in (found.a, found.b):
        facts = [*EVERYWHERE[entry.id].replace("|", " ").split(), *SAID[language][entry.id]]
        assert [fact for fact in facts if not re.search(fact, side(entry))] == []


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
@pytest.mark.parametrize("form", [as_text, markdown], ids=["text", "markdown"])
def test_a_pair_reads_well(pair: tuple[str, str], language: str, form: ModuleType) -> None:
    """Its headings in its language, no sentence twice, no word twice in a row."""
    found = compare(*pair, language=language)
    shown = form.comparison(found, words_in(language), Options())
    assert all(heading in shown for heading in HEADINGS[language])
    texts = [t for one in (found.a, found.b) for t in (one.meaning, one.when, one.fix)]
    said = [s.strip() for text in (*texts, *found.instead) for s in re.findall(r"[^.。]{15,}[.。]", text)]
    assert len(said) == len(set(said))
    assert not re.search(r"\b(\w+) \1\b", re.sub(r"`[^`]*`|'[^']*'", "", " ".join(texts)))
