"""Writes engagement.xlsx, a workbook as people have them, with XlsxWriter 3.2.9:

    pip install XlsxWriter==3.2.9 && python3 lib/dataset/testdata/workbook.py

Numbers with formats, a formula with what it came to, a date that Excel made of what was typed,
text, a sheet of notes in front. sheet_test.go says what each row means.
"""
import datetime
import os

import xlsxwriter

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "engagement.xlsx")
book = xlsxwriter.Workbook(path)
book.set_properties({"created": datetime.datetime(2026, 1, 1)})
notes = book.add_worksheet("メモ")
notes.write(0, 0, "いいねは5月に数えた")
sheet = book.add_worksheet("数字")
thousands = book.add_format({"num_format": "#,##0"})
short = book.add_format({"num_format": '0.0,"K"'})
date = book.add_format({"num_format": "m月d日"})
builtin_date = book.add_format({"num_format": 14})
zeros = book.add_format({"num_format": "000"})
percent = book.add_format({"num_format": 9})
# The header stands in the third row, below a line left empty and a blank one.
sheet.write_row(2, 0, ["ファイル名", "いいね！", "保存数", "コメント", "メモ"])
sheet.write(3, 0, "dance/a.png"); sheet.write(3, 1, 29512, thousands); sheet.write(3, 2, 1234, short); sheet.write(3, 3, 7)
sheet.write(4, 0, "dance/b.png"); sheet.write_formula(4, 1, "=B4*2", thousands, 59024); sheet.write(4, 2, "3.4万"); sheet.write(4, 3, 0.1 + 0.2 + 2.7)
sheet.write(5, 0, 1, zeros); sheet.write(5, 1, 1.2e6); sheet.write(5, 2, "29,500"); sheet.write(5, 3, 12)
sheet.write(7, 0, "travel/d.png"); sheet.write(7, 1, datetime.date(2024, 5, 1), date); sheet.write(7, 2, datetime.date(2024, 5, 2), builtin_date); sheet.write_boolean(7, 3, True)
sheet.write(8, 0, "travel/e.png"); sheet.write_formula(8, 1, "=1/0", None, "#DIV/0!"); sheet.write_formula(8, 2, "=B4", None, ""); sheet.write(8, 3, 0.5, percent)
sheet.write(9, 0, "travel/f.png"); sheet.write_row(9, 1, [5, 5, 5])
book.close()
